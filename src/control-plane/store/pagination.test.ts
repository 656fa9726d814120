/** Pages: a client that follows the cursors sees everything once, even with concurrent additions. */
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import type { ControlPlaneClient } from '../../contract/client.ts'
import { refusalOf } from '../testing/requests.ts'
import { useTestServer } from '../testing/use-test-server.ts'

const { server } = useTestServer()

/** Names of all clusters, page by page; `between` runs after each page. */
async function readAll(client: ControlPlaneClient, limit: number, between = async () => {}): Promise<string[]> {
  const names: string[] = []
  let cursor: string | undefined
  do {
    const page = await client.call('listClusters', { query: { limit, ...(cursor ? { cursor } : {}) } })
    expect(page.items.length).toBeLessThanOrEqual(limit)
    names.push(...page.items.map((cluster) => cluster.name))
    cursor = page.next_cursor ?? undefined
    await between()
  } while (cursor)
  return names
}

async function createClusters(client: ControlPlaneClient, names: string[]): Promise<void> {
  for (const name of names) await client.call('createCluster', { body: { name } })
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `cluster-${index}`)

describe('following the cursors', () => {
  it.each([1, 3, 10, 11, 200])('shows all, the newest first, with pages of %i', async (limit) => {
    const { client } = await server.newTenant()
    await createClusters(client, numbered(10))
    expect(await readAll(client, limit)).toEqual(numbered(10).reverse())
  })

  it('loses and repeats nothing while objects are added', async () => {
    const { client } = await server.newTenant()
    await createClusters(client, numbered(10))
    let late = 0
    const names = await readAll(client, 2, () => createClusters(client, [`late-${late++}`]))
    expect(names).toEqual(numbered(10).reverse())
  })

  it('distinguishes objects created at the same instant', async () => {
    const { client, tenantId } = await server.newTenant()
    await createClusters(client, numbered(9))
    await sql`update clusters set created_at = '2026-01-01T00:00:00.123456Z' where tenant_id = ${tenantId}`.execute(
      server.db,
    )
    expect((await readAll(client, 2)).toSorted()).toEqual(numbered(9))
  })

  it('distinguishes objects created within a millisecond', async () => {
    const { client, tenantId } = await server.newTenant()
    await createClusters(client, numbered(9))
    await sql`update clusters set created_at = '2026-01-01T00:00:00.123Z'::timestamptz
      + make_interval(secs => right(name, 1)::int / 1000000.0) where tenant_id = ${tenantId}`.execute(server.db)
    expect(await readAll(client, 2)).toEqual(numbered(9).reverse())
  })

  it('has no cursor on the last page, even if it is full', async () => {
    const { client } = await server.newTenant()
    await createClusters(client, numbered(4))
    const first = await client.call('listClusters', { query: { limit: 2 } })
    const second = await client.call('listClusters', { query: { limit: 2, cursor: first.next_cursor ?? '' } })
    expect([second.items.length, second.next_cursor]).toEqual([2, null])
  })

  it('keeps the filter: by status, and by part of the name in either case', async () => {
    const { client } = await server.newTenant()
    await createClusters(client, ['Alpha', 'beta', 'ALPHABET', '100%', 'under_score'])
    const namesWith = async (name: string) =>
      (await client.call('listClusters', { query: { name } })).items.map((cluster) => cluster.name)
    expect(await namesWith('alpha')).toEqual(['ALPHABET', 'Alpha'])
    expect(await namesWith('%')).toEqual(['100%'])
    expect(await namesWith('_')).toEqual(['under_score'])
    const pending = await client.call('listClusters', { query: { status: 'pending', limit: 3 } })
    expect(pending.items).toHaveLength(3)
    expect((await client.call('listClusters', { query: { status: 'archived' } })).items).toEqual([])
  })
})

describe('a foreign cursor', () => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  it.each([
    'garbage',
    '',
    encode([]),
    encode(['2026-01-01', 'cl_1']),
    encode(['99:99', 'cl_1']),
    encode(['2026-02-30T00:00:00.000000Z', 'cl_1']),
    encode(['infinity', 'cl_1']),
    encode(['2026-01-01T00:00:00.000000Z', "x'; drop table clusters; --"]),
    encode(['2026-01-01T00:00:00.000000Z', '\0']),
    encode({ created_at: 1 }),
  ])('is refused: %j', async (cursor) => {
    const { client } = await server.newTenant()
    for (const name of ['listClusters', 'listRuns', 'listApiKeys'] as const) {
      expect(await refusalOf(client.call(name, { query: { cursor } }))).toMatchObject({ code: 'CURSOR_INVALID' })
    }
  })
})
