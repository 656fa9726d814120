/**
 * The control plane's end of a relay: hands each request of the agent to the control plane by HTTP, once for each process of
 * this end, and writes the answers. If this process dies, the next one finds the answers that were written, and repeats the
 * other requests; the routes of an agent may be repeated.
 */
import { backoffDelayMs } from '../core/backoff.ts'
import type { Clock } from '../core/clock.ts'
import { RELAY_LIMITS } from '../core/limits/relay.ts'
import type { Logger } from '../core/logger.ts'
import { RadixError } from '../errors/radix-error.ts'
import { renderProblem } from '../errors/render.ts'
import { findAgentRoute } from './agent-routes.ts'
import { Link, openMessage } from './link.ts'
import { AgentState, ControlPlaneState, type RelayedAnswer, type RelayedRequest } from './messages.ts'
import type { RelayKey } from './seal.ts'
import type { RelayTransport } from './transport.ts'

export interface RelayServer {
  /** Ends the transfers and the requests under way. */
  close(): Promise<void>
}

export interface RelayServerOptions {
  transport: RelayTransport
  key: RelayKey
  clock: Clock
  logger: Logger
  /** The only cluster whose agent is served. */
  clusterId: string
  /** The address of the control plane, which may change while this runs. */
  baseUrl: string
  fetch?: typeof globalThis.fetch
  /** What an earlier process of this end wrote last; undefined if there was none. May throw. */
  readOwn?: (signal: AbortSignal) => Promise<Uint8Array | undefined>
}

const BACKOFF = { initialMs: 200, maximumMs: 5000 }
const KEPT_HEADERS = ['content-type', 'retry-after']

export function startRelayServer(options: RelayServerOptions): RelayServer {
  const server = new Server(options)
  const abort = new AbortController()
  const running = server.run(abort.signal)
  return {
    async close() {
      abort.abort(new Error('the relay is closed'))
      await running
    },
  }
}

interface Work {
  abort: AbortController
  /** Undefined while the control plane has not answered. */
  answer?: RelayedAnswer
}

class Server {
  readonly #options: RelayServerOptions
  readonly #link: Link<AgentState>
  readonly #work = new Map<string, Work>()
  #agent = ''

  constructor(options: RelayServerOptions) {
    this.#options = options
    const { transport, key, clock, logger } = options
    this.#link = new Link({
      transport,
      key,
      clock,
      logger,
      writes: 'to-agent',
      reads: 'to-control-plane',
      incoming: AgentState,
      render: (): ControlPlaneState => ({ agent: this.#agent, answers: this.#answers() }),
      isDue: () => this.#answers().length > 0,
      onState: ({ requests }, agent) => this.#follow(requests, agent),
    })
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.#recover(signal)
    // There is something to read from the start: no answer is then told from no relay.
    this.#link.changed()
    await this.#link.run(signal)
    for (const { abort } of this.#work.values()) abort.abort(signal.reason)
  }

  /** Without it, requests are repeated that were answered already. That is allowed, so a failure here is too. */
  async #recover(signal: AbortSignal): Promise<void> {
    const { readOwn, key, logger } = this.#options
    try {
      const content = await readOwn?.(signal)
      const written = content && openMessage(content, key, 'to-agent', ControlPlaneState)
      if (!written) return
      this.#agent = written.state.agent
      for (const answer of written.state.answers) {
        this.#work.set(answer.id, { abort: new AbortController(), answer })
      }
    } catch (error) {
      logger.warn({ reason: String(error) }, 'the answers of an earlier relay process could not be read')
    }
  }

  #follow(requests: readonly RelayedRequest[], agent: string): void {
    this.#agent = agent
    const listed = new Set(requests.map(({ id }) => id))
    for (const [id, { abort }] of this.#work) {
      if (listed.has(id)) continue
      abort.abort(new Error('the agent withdrew the request'))
      this.#work.delete(id)
    }
    for (const request of requests) if (!this.#work.has(request.id)) void this.#handle(request)
  }

  async #handle(request: RelayedRequest): Promise<void> {
    const work: Work = { abort: new AbortController() }
    this.#work.set(request.id, work)
    const { method, path, id } = request
    const route = findAgentRoute(method, path, this.#options.clusterId)
    try {
      work.answer = route ? await this.#ask(request, work.abort.signal) : refuse(id, method, path)
      this.#link.changed()
    } catch {
      // Withdrawn, or the relay is closed.
    }
  }

  /** Asks again while the control plane does not answer: for the agent it is unreachable then, as it would be without a relay. */
  async #ask({ id, method, path, headers, body }: RelayedRequest, signal: AbortSignal): Promise<RelayedAnswer> {
    const { fetch = globalThis.fetch, baseUrl, clock, logger } = this.#options
    for (let attempt = 0; ; attempt++) {
      try {
        const init = { method, headers, redirect: 'error' as const, signal: AbortSignal.any([signal, longest()]) }
        const response = await fetch(baseUrl + path, body === null ? init : { ...init, body })
        const kept = KEPT_HEADERS.flatMap((name): [string, string][] => {
          const value = response.headers.get(name)
          return value === null ? [] : [[name, value]]
        })
        return { id, status: response.status, headers: Object.fromEntries(kept), body: await response.text() }
      } catch (error) {
        signal.throwIfAborted()
        logger.warn({ method, path, reason: String(error) }, 'the control plane did not answer the relay')
        await clock.sleep(backoffDelayMs(attempt, BACKOFF), signal)
      }
    }
  }

  #answers(): RelayedAnswer[] {
    return [...this.#work.values()].flatMap(({ answer }) => answer ?? [])
  }
}

function longest(): AbortSignal {
  return AbortSignal.timeout(RELAY_LIMITS.handling.value)
}

function refuse(id: string, method: string, path: string): RelayedAnswer {
  const problem = renderProblem(new RadixError('ROUTE_NOT_FOUND', { method, path }))
  const headers = { 'content-type': 'application/problem+json' }
  return { id, status: problem.status, headers, body: JSON.stringify(problem) }
}
