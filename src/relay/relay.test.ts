import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Clock, ManualClock, systemClock } from '../core/clock.ts'
import { RELAY_LIMITS } from '../core/limits/relay.ts'
import { silentLogger } from '../core/logger.ts'
import { type RelayClient, startRelayClient } from './relay-client.ts'
import { type RelayServer, startRelayServer } from './relay-server.ts'
import { newRelayKey, type RelayKey, seal, unseal } from './seal.ts'
import { createFaultyRelay, type Faults, type FaultyRelay } from './testing/faulty-relay.ts'

/** Time passes a thousand times faster: a state is written again after milliseconds. */
const clock: Clock = {
  ...systemClock,
  sleep: (durationMs, signal) => systemClock.sleep(durationMs / 1000, signal),
}
const CLUSTER = 'cl_01'
const BASE = 'http://control-plane.invalid'
const HEARTBEAT = `${BASE}/v1/clusters/${CLUSTER}/heartbeat`
const COMPLETE = `${BASE}/v1/clusters/${CLUSTER}/jobs/job_1/complete`
const WAIT = { timeout: 10_000, interval: 5 }

const ends: (RelayClient | RelayServer)[] = []
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end.close()))
})

/** Answers each request with its own body, and keeps what was asked. */
class ControlPlane {
  readonly asked: string[] = []
  /** Held until then. */
  gate: Promise<void> = Promise.resolve()
  withdrawn = 0
  fails = 0
  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    if (this.fails-- > 0) throw new TypeError('fetch failed')
    this.asked.push(`${new URL(String(input)).pathname} ${init?.body}`)
    const aborted = new Promise<never>((_, reject) => {
      init?.signal?.addEventListener('abort', () => {
        this.withdrawn++
        reject(init.signal?.reason)
      })
    })
    await Promise.race([this.gate, aborted])
    return new Response(`answer to ${init?.body}`, { status: 201, headers: { 'retry-after': '7', 'x-other': 'no' } })
  }
}

function startServer(relay: FaultyRelay, controlPlane: ControlPlane, key: RelayKey): RelayServer {
  const { fetch } = controlPlane
  const { controlPlane: transport, readOwn } = relay
  const options = { transport, key, clock, logger: silentLogger, clusterId: CLUSTER, baseUrl: 'http://here' }
  const server = startRelayServer({ ...options, fetch, readOwn })
  ends.push(server)
  return server
}

function startClient(relay: FaultyRelay, key: RelayKey): RelayClient {
  const client = startRelayClient({ transport: relay.agent, key, clock, logger: silentLogger })
  ends.push(client)
  return client
}

function start(faults: Faults = {}, seed = 1) {
  const relay = createFaultyRelay(seed, faults)
  const key = newRelayKey()
  const controlPlane = new ControlPlane()
  return { relay, key, controlPlane, server: startServer(relay, controlPlane, key), client: startClient(relay, key) }
}

const post = (client: RelayClient, body: string, url = HEARTBEAT, signal?: AbortSignal) =>
  client.fetch(url, { method: 'POST', body, headers: { 'X-Secret': 'radix_ct_secret' }, ...(signal ? { signal } : {}) })

describe('a request through a relay', () => {
  it('has the answer of the control plane, with its status and the headers that a client reads', async () => {
    const { client } = start()
    const answer = await post(client, 'one')
    expect(answer.status).toBe(201)
    expect(Object.fromEntries(answer.headers)).toEqual({
      'content-type': 'text/plain;charset=UTF-8',
      'retry-after': '7',
    })
    expect(await answer.text()).toBe('answer to one')
  })

  it('is refused if it is not one of an agent of the cluster', async () => {
    const { client, controlPlane } = start()
    const answer = await post(client, 'one', `${BASE}/v1/clusters/cl_02/heartbeat`)
    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({ code: 'ROUTE_NOT_FOUND' })
    expect(controlPlane.asked).toEqual([])
  })

  it('is made again while the control plane does not answer', async () => {
    const { client, controlPlane } = start()
    controlPlane.fails = 3
    expect(await (await post(client, 'one')).text()).toBe('answer to one')
  })

  it('ends at the control plane when the agent gives it up', async () => {
    const { client, controlPlane } = start()
    controlPlane.gate = new Promise(() => {})
    const abort = new AbortController()
    const given = post(client, 'one', HEARTBEAT, abort.signal)
    given.catch(() => {})
    await expect.poll(() => controlPlane.asked.length, WAIT).toBe(1)
    abort.abort(new Error('enough'))
    await expect(given).rejects.toThrow('enough')
    // The state with it is written with the next one.
    void post(client, 'two').catch(() => {})
    await expect.poll(() => controlPlane.withdrawn, WAIT).toBe(1)
  })

  it.each<[string, Faults]>([
    ['lost', { loseWrite: 0.5 }],
    ['late and out of order', { delayWrite: 0.5 }],
    ['repeated', { loseConfirmation: 0.5, readEarlier: 0.5 }],
    ['not readable', { failRead: 0.7 }],
    ['all of that', { loseWrite: 0.2, delayWrite: 0.2, loseConfirmation: 0.2, failRead: 0.3, readEarlier: 0.3 }],
  ])('has its own answer although messages are %s', async (_, faults) => {
    const { client, controlPlane } = start(faults, 7)
    for (let round = 0; round < 10; round++) {
      const bodies = [0, 1, 2, 3].map((each) => `${round}-${each}`)
      const answers = await Promise.all(bodies.map((body) => post(client, body)))
      expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(
        bodies.map((body) => `answer to ${body}`),
      )
    }
    // One process of the control plane's end asks once for each, however often it reads the same.
    expect(new Set(controlPlane.asked).size).toBe(controlPlane.asked.length)
  })
})

describe('a result', () => {
  it('arrives although the agent has stopped waiting, and has ended', async () => {
    const { relay, client, controlPlane } = start()
    relay.faults = { failRead: 1 }
    const given = post(client, 'result', COMPLETE, AbortSignal.timeout(20))
    await expect(given).rejects.toThrow()
    void post(client, 'heartbeat').catch(() => {})
    await expect.poll(() => relay.written.length, WAIT).toBeGreaterThan(2)
    await client.close()
    relay.faults = {}
    await expect.poll(() => controlPlane.asked, WAIT).toContain(`/v1/clusters/${CLUSTER}/jobs/job_1/complete result`)
  })

  it('that the agent sends again is the same message', async () => {
    const { client, controlPlane } = start()
    let open = () => {}
    controlPlane.gate = new Promise((resolve) => {
      open = resolve
    })
    await expect(post(client, 'result', COMPLETE, AbortSignal.timeout(20))).rejects.toThrow()
    const again = post(client, 'result', COMPLETE)
    await expect.poll(() => controlPlane.asked.length, WAIT).toBe(1)
    open()
    expect(await (await again).text()).toBe('answer to result')
    expect(controlPlane.asked).toHaveLength(1)
  })
})

describe('a message', () => {
  /** Time stands still, so that nothing is written but changes. A write lasts until it is finished. */
  function startAlone() {
    const { agent: transport } = createFaultyRelay(1)
    const lengths: number[] = []
    let finish = () => {}
    transport.write = async ({ length }, signal) => {
      signal.throwIfAborted()
      lengths.push(length)
      return new Promise((resolve, reject) => {
        finish = resolve
        signal.addEventListener('abort', () => reject(signal.reason))
      })
    }
    const options = { transport, key: newRelayKey(), clock: new ManualClock(), logger: silentLogger }
    const client = startRelayClient(options)
    ends.push(client)
    return { client, lengths, finish: () => finish() }
  }

  it('is not longer than what the other end reads', async () => {
    const { client, lengths } = startAlone()
    // Three bytes for each character.
    for (const letter of ['a', 'b']) void post(client, letter + '語'.repeat(3 * 1024 * 1024), COMPLETE).catch(() => {})
    await expect.poll(() => lengths, WAIT).toHaveLength(1)
    expect(lengths[0]).toBeLessThan(RELAY_LIMITS.message.value)
  })

  it('is written once for each change, also for one during a write', async () => {
    const { client, lengths, finish } = startAlone()
    void post(client, 'one').catch(() => {})
    await expect.poll(() => lengths, WAIT).toHaveLength(1)
    void post(client, 'two').catch(() => {})
    finish()
    await expect.poll(() => lengths, WAIT).toHaveLength(2)
    finish()
    // Turns of the event loop in which a further write would begin.
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(lengths).toHaveLength(2)
  })
})

describe('when a process of a relay dies', () => {
  it('the next one of the control plane finishes what was asked, and repeats nothing that was answered', async () => {
    const { relay, key, client, controlPlane, server } = start()
    // An answer that is written and not read.
    relay.agent.read = () => Promise.reject(new Error('not now'))
    const answered = post(client, 'answered')
    await expect.poll(() => controlPlane.asked.length, WAIT).toBe(1)
    await vi.waitFor(() => expect(relay.written.length).toBeGreaterThan(2), WAIT)
    controlPlane.gate = new Promise(() => {})
    const open = post(client, 'open')
    await expect.poll(() => controlPlane.asked.length, WAIT).toBe(2)
    await server.close()
    controlPlane.gate = Promise.resolve()
    relay.agent.read = relay.readOwn
    startServer(relay, controlPlane, key)
    expect(await (await answered).text()).toBe('answer to answered')
    expect(await (await open).text()).toBe('answer to open')
    expect(controlPlane.asked.map((asked) => asked.split(' ')[1])).toEqual(['answered', 'open', 'open'])
  })

  it('the next one of the agent gets no answer of the one before, whose requests are withdrawn', async () => {
    const { relay, key, client, controlPlane } = start()
    controlPlane.gate = new Promise(() => {})
    void post(client, 'before').catch(() => {})
    await expect.poll(() => controlPlane.asked.length, WAIT).toBe(1)
    await client.close()
    controlPlane.gate = Promise.resolve()
    const next = startClient(relay, key)
    expect(await (await post(next, 'after')).text()).toBe('answer to after')
    expect(controlPlane.withdrawn).toBe(1)
  })

  it('what the one before wrote is ignored, however late it arrives', async () => {
    const { relay, key, client, controlPlane } = start()
    await post(client, 'before')
    const early = relay.written.find((content) => unseal(key, 'to-control-plane', content)?.includes('before'))
    expect(early).toBeDefined()
    await client.close()
    const next = startClient(relay, key)
    await post(next, 'after')
    const asked = controlPlane.asked.length
    relay.controlPlane.read = async () => early
    await expect
      .poll(() => post(next, 'again', HEARTBEAT, AbortSignal.timeout(20)).catch(() => 'no answer'))
      .toBe('no answer')
    expect(controlPlane.asked).toHaveLength(asked)
  })

  it('its late state does not lock out the one that runs, where this end has started since', async () => {
    const { relay, key, controlPlane } = start()
    const path = new URL(HEARTBEAT).pathname
    const write = (writer: string, sequence: number) => {
      const request = { id: `${writer}-${sequence}`, method: 'POST', path, headers: {}, body: `${writer}-${sequence}` }
      return seal(key, 'to-control-plane', JSON.stringify({ writer, sequence, state: { requests: [request] } }))
    }
    const states = [write('running', 1), write('earlier', 9), write('running', 2)]
    relay.controlPlane.read = async () => states.shift()
    await expect.poll(() => controlPlane.asked.join(), WAIT).toContain('running-2')
  })
})

describe('an attacker who holds the transport', () => {
  it('sees no token, body or path', async () => {
    const { relay, client } = start()
    await post(client, 'a body')
    const all = Buffer.concat(relay.written).toString('latin1')
    expect(all).not.toMatch(/radix_ct|a body|heartbeat|answer/)
  })

  it('can neither invent requests nor answers', async () => {
    const { relay, client, controlPlane, key } = start()
    await post(client, 'one')
    const request = { id: 'x', method: 'POST', path: new URL(HEARTBEAT).pathname, headers: {}, body: 'invented' }
    const forged = JSON.stringify({ writer: 'other', sequence: 99, state: { requests: [request] } })
    const contents = [
      seal(newRelayKey(), 'to-control-plane', forged),
      // What one end wrote, in the slot of the other.
      seal(key, 'to-agent', forged),
      Buffer.from(forged),
      Buffer.alloc(0),
    ]
    for (const content of contents) {
      const { read } = relay.controlPlane
      let reads = 0
      relay.controlPlane.read = async () => (reads++ < 3 ? content : undefined)
      await expect.poll(() => reads, WAIT).toBeGreaterThan(3)
      relay.controlPlane.read = read
    }
    expect(controlPlane.asked.join()).not.toContain('invented')
    expect(await (await post(client, 'two')).text()).toBe('answer to two')
  })
})
