import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Clock } from '../core/clock.ts'
import { isRadixError, RadixError } from '../errors/radix-error.ts'
import { createClient } from './client.ts'
import { newCluster } from './testing/new-objects.ts'

const CLUSTER = newCluster()
const PROBLEM = {
  type: 'x',
  title: 'Not found',
  status: 404,
  detail: 'There is no cluster cl_1.',
  code: 'NOT_FOUND',
  fix: 'Look again.',
}

type Answer = Response | Error | ((request: Request) => Response | Promise<Response>)

/** A client whose requests get the given answers one after the other, and the list of those requests. */
function scriptedClient(...answers: Answer[]) {
  const requests: Request[] = []
  const sleeps: number[] = []
  const clock: Clock = {
    now: () => new Date(0),
    monotonicMs: () => 0,
    sleep: async (durationMs) => {
      sleeps.push(durationMs)
    },
  }
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    requests.push(request)
    const answer = answers[requests.length - 1]
    if (!answer) throw new Error('no answer left')
    if (answer instanceof Error) throw answer
    return typeof answer === 'function' ? answer(request) : answer
  }
  let calls = 0
  const credential = () => `token-${++calls}`
  return {
    client: createClient({ baseUrl: 'http://api/', credential, fetch, clock, userAgent: 'test' }),
    requests,
    sleeps,
  }
}

const call = (client: ReturnType<typeof scriptedClient>['client']) =>
  client.call('getCluster', { params: { cluster_id: 'cl_1' } })

it('reports why there is no credential, and not that nothing answers', async () => {
  const credential = async () => {
    throw new RadixError('AUTH_NOT_CONFIGURED', { api_base: 'http://api' })
  }
  const fetch = () => Promise.reject(new Error('was asked'))
  const client = createClient({ baseUrl: 'http://api', credential, fetch })
  await expect(call(client)).rejects.toMatchObject({ code: 'AUTH_NOT_CONFIGURED', exitCode: 4 })
})

describe('an answer from outside', () => {
  it('is refused when it is nested deeper than any valid answer', async () => {
    const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`
    const { client } = scriptedClient(new Response(deep))
    await expect(call(client)).rejects.toMatchObject({
      code: 'API_UNEXPECTED_ANSWER',
      why: expect.stringContaining('nested more than'),
    })
  })

  it.each([200, 404])('with status %i and an endless body is read only up to the limit', async (status) => {
    const chunk = new Uint8Array(8 * 1024 * 1024).fill(0x20)
    let chunks = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        chunks++
        controller.enqueue(chunk)
      },
    })
    const { client } = scriptedClient(new Response(endless, { status }))
    await expect(call(client)).rejects.toMatchObject({
      code: 'API_UNEXPECTED_ANSWER',
      why: expect.stringContaining('longer than'),
    })
    expect(chunks).toBeLessThan(12)
  })
})

const json = (body: unknown, status = 200, headers = {}) => new Response(JSON.stringify(body), { status, headers })
const refused = () => new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') })

async function failure(promise: Promise<unknown>) {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isRadixError(error)) throw new Error(`not a RadixError: ${error}`)
  return error
}

describe('a call', () => {
  it('sends path, query, body, credential and idempotency key of the route', async () => {
    const { client, requests } = scriptedClient(json(CLUSTER, 201), json({ items: [], next_cursor: null }))
    await client.call('createCluster', { body: { name: 'a b' }, idempotencyKey: 'k1' })
    await client.call('listClusters', { query: { name: 'a b', limit: 10, cursor: undefined } })
    expect(requests[0]?.url).toBe('http://api/v1/clusters')
    expect(await requests[0]?.json()).toEqual({ name: 'a b' })
    expect(requests[0]?.headers.get('authorization')).toBe('Bearer token-1')
    expect(requests[0]?.headers.get('idempotency-key')).toBe('k1')
    expect(requests[0]?.headers.get('user-agent')).toBe('test')
    expect(requests[1]?.url).toBe('http://api/v1/clusters?name=a+b&limit=10')
    expect(requests[1]?.headers.get('content-type')).toBeNull()
  })

  it('escapes path parameters', async () => {
    const { client, requests } = scriptedClient(json(CLUSTER))
    await client.call('getCluster', { params: { cluster_id: '../x?y' } })
    expect(requests[0]?.url).toBe('http://api/v1/clusters/..%2Fx%3Fy')
  })

  it('returns nothing for 204', async () => {
    const { client } = scriptedClient(new Response(null, { status: 204 }))
    expect(await client.call('revokeOnboardingTokens', { params: { cluster_id: 'c' } })).toBeUndefined()
  })

  it('throws the problem of the control plane with its text', async () => {
    const { client } = scriptedClient(json({ ...PROBLEM, errors: [{ path: 'a', message: 'b' }] }, 404))
    const error = await failure(client.call('getCluster', { params: { cluster_id: 'cl_1' } }))
    expect(error).toMatchObject({ code: 'NOT_FOUND', why: PROBLEM.detail, fix: PROBLEM.fix })
    expect(error.details).toMatchObject({ http_status: 404, errors: [{ path: 'a', message: 'b' }] })
  })

  it.each([
    ['an HTML page', new Response('<html>', { status: 200 })],
    ['JSON of another shape', json({ hello: 'world' })],
    ['an error that is no problem document', new Response('nope', { status: 418 })],
    ['an empty error', new Response('', { status: 403 })],
    ['a problem with an unknown code', json({ ...PROBLEM, code: 'NEW' }, 404)],
  ])('refuses %s', async (_, answer) => {
    const { client } = scriptedClient(answer)
    const error = await failure(client.call('getCluster', { params: { cluster_id: 'cl_1' } }, { retries: 0 }))
    expect(error.code).toBe('API_UNEXPECTED_ANSWER')
  })
})

describe('a retry', () => {
  it('repeats a repeatable route with a fresh credential until it is answered', async () => {
    const { client, requests } = scriptedClient(refused(), new Response('', { status: 503 }), json(CLUSTER))
    await client.call('getCluster', { params: { cluster_id: 'cl_1' } })
    expect(requests.map((request) => request.headers.get('authorization'))).toEqual([
      'Bearer token-1',
      'Bearer token-2',
      'Bearer token-3',
    ])
  })

  it('waits as long as Retry-After asks', async () => {
    const limited = json({ ...PROBLEM, status: 429, code: 'RATE_LIMITED' }, 429, { 'retry-after': '7' })
    const { client, sleeps } = scriptedClient(limited, json(CLUSTER))
    await client.call('getCluster', { params: { cluster_id: 'cl_1' } })
    expect(sleeps).toEqual([7000])
  })

  it('never repeats a creation by itself, unless it has an idempotency key', async () => {
    const plain = scriptedClient(refused(), json(CLUSTER, 201))
    expect((await failure(plain.client.call('createCluster', { body: { name: 'a' } }))).code).toBe('API_UNREACHABLE')
    const keyed = scriptedClient(refused(), json(CLUSTER, 201))
    await keyed.client.call('createCluster', { body: { name: 'a' }, idempotencyKey: 'k' })
    expect(keyed.requests).toHaveLength(2)
  })

  it('says that a creation may have happened when the connection ended before the answer', async () => {
    const ended = new TypeError('fetch failed', {
      cause: Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' }),
    })
    const create = async (error: Error) =>
      (await failure(scriptedClient(error).client.call('createCluster', { body: { name: 'a' } }))).why
    expect(await create(ended)).toMatch(/other side closed\. The request may have been carried out/)
    expect(await create(new DOMException('late', 'TimeoutError'))).toContain('may have been carried out')
    expect(await create(refused())).not.toContain('may have been carried out')
  })

  it('gives up after its attempts with the network error', async () => {
    const { client, requests } = scriptedClient(...Array.from({ length: 5 }, refused))
    const error = await failure(client.call('getCluster', { params: { cluster_id: 'cl_1' } }))
    expect(error.why).toContain('connect ECONNREFUSED')
    expect(requests).toHaveLength(5)
  })

  it('does not repeat a refused request', async () => {
    const { client, requests } = scriptedClient(json(PROBLEM, 404))
    await failure(client.call('getCluster', { params: { cluster_id: 'cl_1' } }))
    expect(requests).toHaveLength(1)
  })
})

describe('stopping', () => {
  const hang = (request: Request) =>
    new Promise<Response>((_, reject) => {
      // The signal may have been aborted before the request was made: it does not fire again.
      if (request.signal.aborted) return reject(request.signal.reason)
      request.signal.addEventListener('abort', () => reject(request.signal.reason))
    })

  it('rethrows the reason of the abort', async () => {
    const { client } = scriptedClient(hang)
    const abort = new AbortController()
    const reason = new Error('enough')
    const call = client.call('getCluster', { params: { cluster_id: 'c' } }, { signal: abort.signal })
    abort.abort(reason)
    await expect(call).rejects.toBe(reason)
  })

  it('calls a silent control plane unreachable after the timeout', async () => {
    const { client } = scriptedClient(hang)
    const call = client.call('getCluster', { params: { cluster_id: 'c' } }, { timeoutMs: 10, retries: 0 })
    expect((await failure(call)).why).toContain('did not answer in time')
  })
})

describe('a stream', () => {
  it('is opened with its own headers and answered raw', async () => {
    const { client, requests } = scriptedClient(new Response('data: x\n\n'))
    const params = { cluster_id: 'c', job_id: 'j' }
    const response = await client.open('streamJob', { params }, { headers: { 'last-event-id': '4' } })
    expect(await response.text()).toBe('data: x\n\n')
    expect(requests[0]?.headers.get('accept')).toBe('text/event-stream')
    expect(requests[0]?.headers.get('last-event-id')).toBe('4')
  })

  it('throws like a call', async () => {
    const params = { cluster_id: 'c', job_id: 'j' }
    const { client } = scriptedClient(json(PROBLEM, 404), refused())
    expect((await failure(client.open('streamJob', { params }))).code).toBe('NOT_FOUND')
    expect((await failure(client.open('streamJob', { params }))).code).toBe('API_UNREACHABLE')
  })
})

describe('a redirect to another host', () => {
  const servers: ReturnType<typeof createServer>[] = []
  afterEach(() => {
    for (const server of servers.splice(0)) server.close()
  })

  async function listen(server: ReturnType<typeof createServer>): Promise<string> {
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  /** A control plane that sends every request to another host, and the requests that come there. */
  async function openRedirecting(status: number) {
    const strayed: (string | undefined)[] = []
    const elsewhere = await listen(
      createServer((request, response) => {
        strayed.push(request.url)
        response.end('{}')
      }),
    )
    const url = await listen(
      createServer((request, response) => response.writeHead(status, { location: elsewhere + request.url }).end()),
    )
    const clock = { now: () => new Date(0), monotonicMs: () => 0, sleep: async () => {} }
    return { client: createClient({ baseUrl: url, credential: () => 'token', clock }), strayed }
  }

  const job = { params: { cluster_id: 'c', job_id: 'j' } }

  it.each([301, 302, 303, 307, 308])('%d is never followed, by calls and by streams', async (status) => {
    const { client, strayed } = await openRedirecting(status)
    const body = { job_type: 'a', gpu_type: 'A10G', job_id: 'x', actual_runtime: 1, success: true }
    const attempts = [
      client.call('getCluster', { params: { cluster_id: 'c' } }),
      client.call('heartbeat', { params: { cluster_id: 'c' }, body: {} }),
      client.call('observe', { body }),
      client.open('streamJob', job),
    ]
    for (const error of await Promise.all(attempts.map(failure))) {
      expect(error.code).toBe('API_UNREACHABLE')
      expect(error.why).toContain('credentials are not sent on')
    }
    expect(strayed).toEqual([])
  })
})
