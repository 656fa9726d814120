/** Baselines: one for each name and tenant, replaced as a whole. */
import { describe, expect, it } from 'vitest'
import { testBaseline } from '../testing/baseline.ts'
import { credentialHeader, readProblem, refusalOf, sendTo } from '../testing/requests.ts'
import { useTestServer } from '../testing/use-test-server.ts'

const { server, tenant } = useTestServer()

const put = (name: string, changes = {}, client = tenant.client) =>
  client.call('putBaseline', { params: { name }, body: testBaseline(changes) })
const get = (name: string, client = tenant.client) => client.call('getBaseline', { params: { name } })

describe('a baseline', () => {
  it('is returned as it was stored, with its time', async () => {
    const stored = await put('g5.2xlarge-reference')
    expect(stored).toMatchObject({ ...testBaseline(), name: 'g5.2xlarge-reference' })
    expect(stored.set_at).toBe(stored.created_at)
    expect(await get('g5.2xlarge-reference')).toEqual(stored)
  })

  it('is replaced as a whole by the next one of its name', async () => {
    const first = await put('main')
    const second = await put('main', { run_id: 'run_2', instance_type: null, throughputs: [320.5] })
    expect(await get('main')).toEqual(second)
    expect(second).toMatchObject({ run_id: 'run_2', instance_type: null, throughputs: [320.5] })
    expect(second.created_at).toBe(first.created_at)
    expect(Date.parse(second.set_at)).toBeGreaterThanOrEqual(Date.parse(first.set_at))
  })

  it('belongs to its tenant alone', async () => {
    await put('shared-name', { run_id: 'run_mine' })
    const other = await server.newTenant()
    expect(await refusalOf(get('shared-name', other.client))).toMatchObject({ code: 'NOT_FOUND' })
    await put('shared-name', { run_id: 'run_theirs' }, other.client)
    expect(await get('shared-name')).toMatchObject({ run_id: 'run_mine' })
    expect((await other.client.call('listBaselines', {})).items.map(({ run_id }) => run_id)).toEqual(['run_theirs'])
  })

  it('is listed page by page, newest first, whatever its name is made of', async () => {
    const { client } = await server.newTenant()
    for (const name of ['a.b-c', 'd_e', 'F.1-x']) await put(name, {}, client)
    const first = await client.call('listBaselines', { query: { limit: 2 } })
    const second = await client.call('listBaselines', { query: { limit: 2, cursor: first.next_cursor ?? '' } })
    expect([...first.items, ...second.items].map(({ name }) => name)).toEqual(['F.1-x', 'd_e', 'a.b-c'])
    expect(second.next_cursor).toBeNull()
  })
})

describe('what cannot be a baseline', () => {
  it.each([
    ['a result of a CPU', 'main', { device: { type: 'cpu', name: 'AMD EPYC' } }],
    ['a doubtful number', 'main', { verdict: 'suspect' }],
    ['nothing measured', 'main', { throughputs: [] }],
    ['a throughput of nothing', 'main', { throughputs: [343.2, 0] }],
    ['a name that is a path', '..%2Fmain', {}],
    ['a name that begins with a dot', '.main', {}],
  ])('%s is refused', async (_, name, changes) => {
    const response = await sendTo(server.url, 'putBaseline', {
      params: { name },
      headers: credentialHeader('user', tenant.token),
      body: { ...testBaseline(), ...changes },
    })
    expect(await readProblem(response)).toMatchObject({ status: 400, code: 'REQUEST_INVALID' })
  })
})
