/**
 * The agent's end of a relay: a `fetch` whose requests travel as messages. An answer may take seconds. A request that the
 * agent gives up is withdrawn, except the result of a job, which stays until the control plane has it.
 */
import { randomUUID } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { RELAY_LIMITS } from '../core/limits/relay.ts'
import type { Logger } from '../core/logger.ts'
import { openAccess, type RelayAccess } from './access.ts'
import { isDelivery } from './agent-routes.ts'
import { Link } from './link.ts'
import { ControlPlaneState, type RelayedAnswer, type RelayedRequest } from './messages.ts'
import type { RelayKey } from './seal.ts'
import type { RelayTransport } from './transport.ts'
import { createUrlTransport } from './url-transport.ts'

export interface RelayClient {
  readonly fetch: typeof globalThis.fetch
  /** Ends the transfers. What was written stays for the other end. */
  close(): Promise<void>
}

export interface RelayClientOptions {
  transport: RelayTransport
  key: RelayKey
  clock: Clock
  logger: Logger
}

interface Waiting {
  request: RelayedRequest
  /** In bytes, as it is written. */
  size: number
  /** Not withdrawn when no caller waits for the answer any more. */
  isDelivery: boolean
  answered: Set<(answer: RelayedAnswer) => void>
}

/** Throws as `openAccess`. */
export async function openRelayClient(
  access: RelayAccess,
  ports: Pick<RelayClientOptions, 'clock' | 'logger'>,
  signal: AbortSignal,
): Promise<RelayClient> {
  const addresses = await openAccess(access, signal, ports.clock)
  return startRelayClient({ transport: createUrlTransport(addresses), key: access.key, ...ports })
}

export function startRelayClient({ transport, key, clock, logger }: RelayClientOptions): RelayClient {
  const abort = new AbortController()
  /** In the order in which they were made. */
  const waiting = new Map<string, Waiting>()

  const link: Link<ControlPlaneState> = new Link({
    transport,
    key,
    clock,
    logger,
    writes: 'to-control-plane',
    reads: 'to-agent',
    incoming: ControlPlaneState,
    render: () => ({ requests: chooseWindow([...waiting.values()]) }),
    isDue: () => waiting.size > 0,
    onState({ agent, answers }) {
      if (agent !== link.writer) return
      for (const answer of answers) {
        const entry = waiting.get(answer.id)
        if (!entry) continue
        waiting.delete(answer.id)
        for (const settle of entry.answered) settle(answer)
      }
    },
  })
  const running = link.run(abort.signal)

  /** A result that the agent sends again is the same message. */
  function enter(request: Omit<RelayedRequest, 'id'>): Waiting {
    const { method, path, body } = request
    const keeps = isDelivery(method, path)
    const same = keeps && [...waiting.values()].find(({ request: { path: p, body: b } }) => p === path && b === body)
    if (same) return same
    if (waiting.size >= RELAY_LIMITS.waitingRequests.value) throw new TypeError('too many requests wait in the relay')
    const id = randomUUID()
    const size = Buffer.byteLength(JSON.stringify(request))
    const entry = { request: { ...request, id }, size, isDelivery: keeps, answered: new Set<never>() }
    waiting.set(id, entry)
    link.changed()
    return entry
  }

  return {
    async fetch(input, init) {
      const { request, signal } = readRequest(input, init)
      signal?.throwIfAborted()
      const entry = enter(request)
      return new Promise<Response>((resolve, reject) => {
        const settle = (answer: RelayedAnswer) => {
          signal?.removeEventListener('abort', giveUp)
          resolve(toResponse(answer))
        }
        const giveUp = () => {
          entry.answered.delete(settle)
          if (entry.answered.size === 0 && !entry.isDelivery) waiting.delete(entry.request.id)
          reject(signal?.reason)
        }
        entry.answered.add(settle)
        signal?.addEventListener('abort', giveUp, { once: true })
      })
    },
    async close() {
      abort.abort(new Error('the relay is closed'))
      await running
    },
  }
}

/** As many as fit, results first: one at least. */
function chooseWindow(entries: readonly Waiting[]): RelayedRequest[] {
  const inOrder = [...entries.filter((each) => each.isDelivery), ...entries.filter((each) => !each.isDelivery)]
  const chosen: RelayedRequest[] = []
  let total = 0
  for (const { request, size } of inOrder) {
    total += size
    if (chosen.length > 0 && total > RELAY_LIMITS.window.value) break
    chosen.push(request)
  }
  return chosen
}

function readRequest(input: Parameters<typeof fetch>[0], init: Parameters<typeof fetch>[1]) {
  const { pathname, search } = new URL(input instanceof Request ? input.url : input)
  const { method = 'GET', headers, body = null, signal } = init ?? {}
  if (body !== null && typeof body !== 'string') throw new TypeError('a relay carries text only')
  const request = {
    method: method as RelayedRequest['method'],
    path: pathname + search,
    headers: Object.fromEntries(new Headers(headers)),
    body,
  }
  return { request, signal }
}

function toResponse({ status, headers, body }: RelayedAnswer): Response {
  const hasBody = status !== 204 && status !== 205 && status !== 304
  return new Response(hasBody ? body : null, { status, headers })
}
