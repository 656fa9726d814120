import { describe, expect, it } from 'vitest'
import type { Route } from '../../contract/route.ts'
import { ROUTES } from '../../contract/routes.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { credentialHeader, readProblem, sendTo } from '../testing/requests.ts'
import { startTestServer } from '../testing/test-server.ts'
import { useTestServer } from '../testing/use-test-server.ts'
import { addressOf, currentCount } from './rate-limit.ts'

const LIMIT = 20

const { server } = useTestServer({ settings: { rateLimitPerMinute: LIMIT }, trustedProxies: ['127.0.0.1'] })

/** Statuses of `count` requests, in the order of their answers. */
async function sendMany(count: number, send: () => Promise<Response>): Promise<Response[]> {
  const responses: Response[] = []
  for (let sent = 0; sent < count; sent++) responses.push(await send())
  return responses
}

it('refuses requests over the limit, and says when to retry', async () => {
  const { token } = await server.newTenant()
  const list = () => sendTo(server.url, 'listClusters', { headers: credentialHeader('user', token) })
  const responses = await sendMany(LIMIT + 1, list)
  expect(responses.map(({ status }) => status)).toEqual([...Array(LIMIT).fill(200), 429])
  const last = responses.at(-1)
  const seconds = Number(last?.headers.get('retry-after'))
  expect(seconds).toBeGreaterThanOrEqual(1)
  expect(seconds).toBeLessThanOrEqual(60)
  const problem = last && (await readProblem(last))
  expect(problem).toMatchObject({ status: 429, code: 'RATE_LIMITED', retry_after_seconds: seconds })
})

it('counts each credential separately: a busy one slows no other', async () => {
  const [eager, other] = [await server.newTenant(), await server.newTenant()]
  const listAs = (token: string) => sendTo(server.url, 'listClusters', { headers: credentialHeader('user', token) })
  const responses = await sendMany(LIMIT + 1, () => listAs(eager.token))
  expect(responses.at(-1)?.status).toBe(429)
  expect((await listAs(other.token)).status).toBe(200)
})

it.each([
  ['without a credential', { 'x-forwarded-for': '192.0.2.50' }],
  ['with a refused one', { 'x-forwarded-for': '192.0.2.51', ...credentialHeader('user', 'not-a-token') }],
])('limits callers %s before it checks their credential', async (_, headers) => {
  const responses = await sendMany(LIMIT + 1, () => sendTo(server.url, 'listClusters', { headers }))
  expect(responses.map(({ status }) => status)).toEqual([...Array(LIMIT).fill(401), 429])
})

it('counts invalid credentials and unknown routes against the address of the caller', async () => {
  const strict = await startTestServer({ settings: { rateLimitPerMinute: LIMIT } })
  let sent = 0
  const responses = await sendMany(LIMIT, () =>
    sendTo(strict.url, 'listClusters', { headers: credentialHeader('user', `junk-${sent++}`) }),
  )
  expect(responses.map(({ status }) => status)).toEqual(Array(LIMIT).fill(401))
  const more = [
    await sendTo(strict.url, 'listClusters', { headers: credentialHeader('user', 'another') }),
    await fetch(`${strict.url}/v1/nothing`),
    await fetch(`${strict.url}/v1/clusters`, { method: 'PATCH' }),
  ]
  expect(more.map(({ status }) => status)).toEqual([429, 429, 429])
  await strict.close()
})

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8::6', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
])('counts %s as %s', (ip, expected) => {
  expect(addressOf(ip)).toBe(expected)
})

it('makes room for a new caller without scanning the others', () => {
  let looks = 0
  class WatchedMap<K, V> extends Map<K, V> {
    override *[Symbol.iterator](): MapIterator<[K, V]> {
      for (const entry of super[Symbol.iterator]()) {
        looks++
        yield entry
      }
    }
  }
  const counts: Parameters<typeof currentCount>[0] = new WatchedMap()
  const { value: maximum } = CONTROL_PLANE_LIMITS.rateLimitCounts
  for (let caller = 0; caller < maximum; caller++) currentCount(counts, `caller ${caller}`, caller / 1000)
  currentCount(counts, 'one more', maximum / 1000)
  expect(counts.size).toBe(maximum)
  expect(counts.has('caller 0')).toBe(false)
  expect(counts.has('caller 1')).toBe(true)
  expect(looks).toBe(0)
})

it('always answers probes, so that a flood does not make the server look dead', async () => {
  for (const path of ['/healthz', '/readyz', '/metrics']) {
    const responses = await sendMany(LIMIT + 1, () => fetch(server.url + path))
    expect(responses.at(-1)?.status).toBe(200)
  }
})

it.each(['observe', 'score'] as const)('gives %s its own limit', async (name) => {
  const { client } = await server.newTenant()
  const { api_key } = await client.call('createApiKey', { body: { name: 'scheduler' } })
  const response = await sendTo(server.url, name, { headers: credentialHeader('api_key', api_key), body: {} })
  expect(response.headers.get('x-ratelimit-limit')).toBe('600')
  expect(response.headers.get('x-ratelimit-remaining')).toBe('599')
})

describe('browsers behind a proxy', () => {
  const PROXY = '127.0.0.1'
  const comeFrom = (url: string, forwardedFor: string) =>
    sendTo(url, 'openSignInLink', { body: { code: 'x' }, headers: { 'x-forwarded-for': forwardedFor } })

  it('have separate limits when the proxy is trusted, by the address that it saw', async () => {
    const behind = await startTestServer({ trustedProxies: [PROXY] })
    const remaining = async (forwardedFor: string) =>
      (await comeFrom(behind.url, forwardedFor)).headers.get('x-ratelimit-remaining')
    expect(await remaining('192.0.2.1')).toBe('59')
    expect(await remaining('192.0.2.1')).toBe('58')
    expect(await remaining('192.0.2.2')).toBe('59')
    // The browser's own claim stands before that.
    expect(await remaining('192.0.2.99, 192.0.2.1')).toBe('57')
    await behind.close()
  })

  it('share one limit when it is not trusted: any client can send that header', async () => {
    const alone = await startTestServer()
    const responses = [await comeFrom(alone.url, '192.0.2.1'), await comeFrom(alone.url, '192.0.2.2')]
    await alone.close()
    expect(responses.map(({ headers }) => headers.get('x-ratelimit-remaining'))).toEqual(['59', '58'])
  })
})

// Last, because it uses up the limit of this address for routes without a credential.
it('limits every route but probes', async () => {
  const exempt: string[] = []
  for (const [name, route] of Object.entries<Route>(ROUTES)) {
    const path = route.path.replaceAll(/\{[a-z_]+\}/g, 'x')
    const response = await fetch(server.url + path, { method: route.method, redirect: 'manual' })
    if (!response.headers.has('x-ratelimit-limit')) exempt.push(name)
  }
  expect(exempt).toEqual(['health', 'ready'])
})
