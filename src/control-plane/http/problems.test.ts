/** Answers to requests that cannot be served: a problem document with a fix and without internals. */

import { once } from 'node:events'
import { connect } from 'node:net'
import { sql } from 'kysely'
import { beforeAll, describe, expect, it } from 'vitest'
import type { RouteName } from '../../contract/routes.ts'
import { runRegistration } from '../../contract/testing/new-objects.ts'
import { newId } from '../../core/ids.ts'
import { API_LIMITS } from '../../core/limits/api.ts'
import { credentialHeader, type RawRequest, readProblem, sendTo } from '../testing/requests.ts'
import { useTestServer } from '../testing/use-test-server.ts'

const KIB = 1024
const JSON_TYPE = { 'content-type': 'application/json' }

const { server, tenant } = useTestServer()
let user: Record<string, string>
beforeAll(async () => {
  user = credentialHeader('user', tenant.token)
})

const send = (name: RouteName, request: RawRequest) => sendTo(server.url, name, { ...request, headers: user })

function post(path: string, body: string, headers: Record<string, string> = JSON_TYPE): Promise<Response> {
  return fetch(server.url + path, { method: 'POST', headers: { ...user, ...headers }, body })
}

describe('a request that cannot be read', () => {
  it.each(['{', '{"name": }', 'NaN', '{"a":1}x'])('is refused as JSON: %s', async (body) => {
    const problem = await readProblem(await post('/v1/clusters', body))
    expect(problem).toMatchObject({ status: 400, code: 'REQUEST_MALFORMED_JSON', instance: '/v1/clusters' })
  })

  it('is refused with the right reason when a member has a forbidden name', async () => {
    const problem = await readProblem(await post('/v1/clusters', '{"labels": {"__proto__": {"a": 1}}}'))
    expect(problem).toMatchObject({ status: 400, code: 'REQUEST_INVALID' })
    expect(problem.detail).toContain('__proto__')
  })

  it.each([65, 4387, 30_000])('is refused when it is nested %d levels deep', async (depth) => {
    const body = `{"capabilities": ${'['.repeat(depth)}${']'.repeat(depth)}}`
    const problem = await readProblem(await post('/v1/clusters', body))
    expect(problem).toMatchObject({ status: 400, code: 'REQUEST_INVALID' })
    expect(problem.detail).toContain('64 levels')
  })

  it.each([150, 170, 190])('is refused without echoing a secret cut off after %d characters', async (before) => {
    const jwt = `eyJhbGciOiJSUzI1NiJ9.${'eyJzdWIiOiJhbGljZSJ9'.repeat(10)}.c2lnbmF0dXJl`
    const problem = await readProblem(await fetch(`${server.url}/${'a'.repeat(before)}/${jwt}`))
    expect(problem.code).toBe('ROUTE_NOT_FOUND')
    expect(JSON.stringify(problem)).not.toContain('eyJ')
  })

  it('is refused with a short echo of any long value', async () => {
    const long = `text/${'x'.repeat(15_000)}`
    const problems = [
      await readProblem(await post('/v1/clusters', '{}', { 'content-type': long })),
      await readProblem(await fetch(`${server.url}/${'x'.repeat(15_000)}`)),
      await readProblem(await post('/v1/clusters', JSON.stringify({ ['x'.repeat(15_000)]: 1 }))),
    ]
    for (const problem of problems) expect(JSON.stringify(problem).length).toBeLessThan(2000)
  })

  it.each(['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'nonsense'])(
    'is refused as %s',
    async (type) => {
      const problem = await readProblem(await post('/v1/clusters', '{"name":"a"}', { 'content-type': type }))
      expect(problem).toMatchObject({ status: 415, code: 'REQUEST_UNSUPPORTED_MEDIA_TYPE' })
      expect(problem.detail).toContain(type)
    },
  )

  it('accepts JSON with a charset, and refuses other JSON types', async () => {
    const type = 'application/json; charset=utf-8'
    expect((await post('/v1/clusters', '{"name":"a"}', { 'content-type': type })).status).toBe(201)
  })

  it('is refused when it is larger than its route accepts', async () => {
    const body = JSON.stringify({ name: 'a', labels: { big: 'x'.repeat(64 * KIB) } })
    const problem = await readProblem(await post('/v1/clusters', body))
    expect(problem).toMatchObject({ status: 413, code: 'REQUEST_TOO_LARGE' })
    expect(problem.detail).toContain(String(64 * KIB))
  })

  it('is refused when it has more values than can be checked without delaying others', async () => {
    const params = { run_id: newId('run') }
    const body = { schema: 'radix.evidence/v1', samples: Array(API_LIMITS.bodyValues.value).fill(0) }
    const problem = await readProblem(await send('putEvidence', { params, body }))
    expect(problem).toMatchObject({ status: 400, code: 'REQUEST_INVALID' })
    expect(problem.detail).toContain('more than 100000 values')
  })

  it('may be as large as its route accepts: evidence of several MiB', async () => {
    const body = runRegistration()
    expect((await send('registerRun', { body })).status).toBe(201)
    const evidence = (megabytes: number) => ({
      schema: 'radix.evidence/v2',
      samples: 'x'.repeat(megabytes * KIB * KIB),
    })
    const params = { run_id: body.run_id }
    expect((await send('putEvidence', { params, body: evidence(3) })).status).toBe(204)
    expect((await readProblem(await send('putEvidence', { params, body: evidence(5) }))).code).toBe('REQUEST_TOO_LARGE')
  })

  it.each(['GET / HTTP/1.1\r\nbroken\r\n\r\n', `GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(32 * KIB)}\r\n\r\n`])(
    'is refused when it is not HTTP, or its header is too long',
    async (text) => {
      const { hostname, port } = new URL(server.url)
      const socket = connect({ host: hostname, port: Number(port) })
      socket.write(text)
      const chunks: Buffer[] = []
      socket.on('data', (chunk) => chunks.push(chunk))
      await once(socket, 'close')
      const [head = '', body = ''] = Buffer.concat(chunks).toString().split('\r\n\r\n')
      expect(head).toMatch(/^HTTP\/1.1 4\d\d /)
      expect(head.toLowerCase()).toContain('content-type: application/problem+json')
      expect(JSON.parse(body)).toMatchObject({ code: 'REQUEST_INVALID', fix: expect.any(String) })
    },
  )
})

describe('an unknown route', () => {
  it.each([
    ['GET', '/v1/nothing'],
    ['GET', '/v1/clusters/a/b/c/d?token=hidden'],
    ['GET', '/v1/runs/a/b/c/d/e'],
  ])('%s %s', async (method, path) => {
    const problem = await readProblem(await fetch(server.url + path, { method, headers: user }))
    expect(problem).toMatchObject({ status: 404, code: 'ROUTE_NOT_FOUND', instance: path.split('?')[0] })
    expect(JSON.stringify(problem)).not.toContain('hidden')
  })
})

it.each([
  ['PATCH', '/v1/clusters', 'POST, GET, HEAD'],
  ['DELETE', '/healthz', 'GET, HEAD'],
  ['PUT', '/v1/clusters/cl_x', 'GET, HEAD, DELETE'],
  ['POST', '/openapi.json', 'GET, HEAD'],
])('an unsupported method names the supported ones: %s %s', async (method, path, allowed) => {
  const response = await fetch(server.url + path, { method, headers: user })
  expect(response.headers.get('allow')?.split(', ').toSorted()).toEqual(allowed.split(', ').toSorted())
  expect(await readProblem(response)).toMatchObject({ status: 405, code: 'METHOD_NOT_ALLOWED' })
})

describe('a request outside the contract', () => {
  const ids = { cluster_id: 'cl_x', job_id: 'job_x', run_id: 'run_x' }
  it.each<[RouteName, RawRequest, string[]]>([
    ['createCluster', { body: { name: 3, type: 'abacus' } }, ['body.name', 'body.type']],
    ['createCluster', { body: { name: 'a', labels: { a: 1 } } }, ['body.labels.a']],
    ['createCluster', {}, ['body']],
    ['createCluster', { body: [] }, ['body']],
    ['createOnboardingToken', { params: ids, body: { ttl_seconds: 1 } }, ['body.ttl_seconds']],
    ['launchJob', { params: ids, body: { job_kind: 'rm -rf' } }, ['body.job_kind']],
    [
      'launchJob',
      { params: ids, body: { job_kind: 'resnet50_benchmark', timeout_seconds: 0.5 } },
      ['body.timeout_seconds'],
    ],
    ['listClusters', { query: { limit: '0' } }, ['querystring.limit']],
    ...['0x10', '1e1', '', ' 5', '+5', '5.0', '9'.repeat(20)].map((limit): [RouteName, RawRequest, string[]] => [
      'listClusters',
      { query: { limit } },
      ['querystring.limit'],
    ]),
    ['listJobEvents', { params: ids, query: { after_sequence: '' } }, ['querystring.after_sequence']],
    ['listJobEvents', { params: ids, query: { after_sequence: '99999999999' } }, ['querystring.after_sequence']],
    ...[
      '9999-12-31T23:59:59-23:59',
      '0000-01-01T00:00:00+23:59',
      '2026-01-01T00:00:00+18:23',
      '1969-12-31T23:59:59Z',
      '2026-02-30T00:00:00Z',
    ].map((since): [RouteName, RawRequest, string[]] => ['getTrends', { query: { since } }, ['querystring.since']]),
    ['listClusters', { query: { status: 'asleep' } }, ['querystring.status']],
    [
      'registerRun',
      { body: { run_id: 'run_1' } },
      ['body.run_id', 'body.provider', 'body.cluster_name', 'body.parameters', 'body.deadline_at'],
    ],
    ['putEvidence', { params: ids, body: { schema: 'other' } }, ['body.schema']],
    ['getRun', { params: { run_id: 'x'.repeat(70) } }, ['params.run_id']],
  ])('%s %j names the invalid members', async (name, request, paths) => {
    const problem = await readProblem(await send(name, request))
    expect(problem).toMatchObject({ status: 400, code: 'REQUEST_INVALID' })
    expect(problem.errors?.map(({ path }) => path)).toEqual(paths)
    for (const path of paths) expect(problem.detail).toContain(path)
  })

  it('names a wrong parameter of a job', async () => {
    const { clusterId } = await server.onboard(tenant)
    const body = { job_kind: 'resnet50_benchmark', params: { epochs: -1, command: 'sh' } }
    const problem = await readProblem(await send('launchJob', { params: { cluster_id: clusterId }, body }))
    expect(problem).toMatchObject({ status: 400, code: 'JOB_PARAMS_INVALID' })
    expect(problem.errors?.map(({ path }) => path).toSorted()).toEqual(['params', 'params.epochs'])
  })

  it.each(['/v1/clusters/%zz', '/v1/clusters/%00', '/v1/clusters/%ff'])('is refused or not found: %s', async (path) => {
    const problem = await readProblem(await fetch(server.url + path, { headers: user }))
    expect([400, 404]).toContain(problem.status)
  })

  it('is refused when a value passes the schema and does not fit its column', async () => {
    const { clusterId: cluster_id } = await server.onboard(tenant)
    const { job_id } = await tenant.client.call('launchJob', {
      params: { cluster_id },
      body: { job_kind: 'resnet50_benchmark' },
    })
    const params = { cluster_id, job_id }
    const nul = await send('launchJob', { params, body: { job_kind: 'resnet50_benchmark', run_id: 'a\0b' } })
    expect(await readProblem(nul)).toMatchObject({ status: 400, code: 'REQUEST_INVALID' })
  })
})

describe('an internal error', () => {
  /** The database runs this when a cluster of this name is created: a real error at its source. */
  async function failBy(name: string, statements: string): Promise<Response> {
    await sql
      .raw(`
      create function fail_${name}() returns trigger language plpgsql as $$ begin ${statements} end $$;
      create trigger fail_${name} before insert on clusters for each row when (new.name = '${name}')
        execute function fail_${name}()`)
      .execute(server.db)
    return send('createCluster', { body: { name } })
  }
  const failFor = (name: string, state: string) =>
    failBy(name, `raise exception 'inner secret of ${name}' using errcode = '${state}';`)

  it('is reported as a full disk when the database reports one', async () => {
    const problem = await readProblem(await failFor('full', '53100'))
    expect(problem).toMatchObject({ status: 507, code: 'DISK_FULL' })
    expect(problem.detail).toContain('data directory of the control plane')
  })

  it.each([
    ['shutdown', '57P01'],
    ['crash', '57P02'],
    ['starting', '57P03'],
    ['connections', '53300'],
    ['memory', '53200'],
    ['timeout', '57014'],
    ['deadlock', '40P01'],
    ['broken', '08006'],
  ])('is temporarily unavailable: %s', async (name, state) => {
    expect(await readProblem(await failFor(name, state))).toMatchObject({ status: 503, code: 'UNAVAILABLE' })
  })

  it.each(['22003', '22007', '22008', '22009', '22021', '2200G', '22P05'])(
    'is reported as an invalid value: %s',
    async (state) => {
      expect(await readProblem(await failFor(`v${state}`, state))).toMatchObject({
        status: 400,
        code: 'REQUEST_INVALID',
      })
    },
  )

  it('hides the details of a bug, and logs them', async () => {
    const problem = await readProblem(await failFor('bug', 'XX000'))
    expect(problem).toMatchObject({ status: 500, code: 'INTERNAL' })
    expect(JSON.stringify(problem)).not.toMatch(/inner secret|plpgsql|node_modules|\.ts/)
    expect(server.readLog()).toContain('inner secret of bug')
  })

  it('is temporarily unavailable when the database cancels a slow statement', async () => {
    const cancel = 'perform pg_cancel_backend(pg_backend_pid()); perform pg_sleep(10); return new;'
    const problem = await readProblem(await failBy('cancelled', cancel))
    expect(problem).toMatchObject({ status: 503, code: 'UNAVAILABLE' })
    expect(server.readLog()).toContain('57014')
  })

  it('is temporarily unavailable when the connection breaks in a transaction', async () => {
    const cut = 'perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(10); return new;'
    const problem = await readProblem(await failBy('cut', cut))
    expect(problem).toMatchObject({ status: 503, code: 'UNAVAILABLE' })
  })
})

it('does not stop the server after the database dropped every connection, in use or not', async () => {
  const inUse = server.db.connection().execute(async (db) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)
    await sql`select pg_terminate_backend(${rows[0]?.pid}, 10000)`.execute(server.db)
    return sql`select 1`.execute(db)
  })
  await expect(inUse).rejects.toThrow()
  await sql`select pg_terminate_backend(pid) from pg_stat_activity
    where application_name in ('radix', 'radix-listen') and pid <> pg_backend_pid()`.execute(server.db)
  await expect.poll(async () => (await fetch(`${server.url}/readyz`)).status).toBe(200)
  expect((await send('listClusters', {})).status).toBe(200)
})
