/**
 * Wake-ups: "this topic changed, look again". They are delivered in this process at once, and to other replicas by
 * NOTIFY. A wake-up carries no data and may be lost while a connection is down, so waiters also look again from time to
 * time.
 */
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { z } from 'zod'
import type { ChangingThing } from '../../contract/schemas/change.ts'
import { backoffDelayMs } from '../../core/backoff.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import type { Logger } from '../../core/logger.ts'
import { tryParseOutsideJson } from '../../core/outside-json.ts'

/**
 * `work:<cluster_id>`: jobs to lease. `job:<job_id>`: the job or its events changed. `benchmarks`: one was requested. `webhooks`: one has
 * something to deliver.
 * `changes:<tenant_id>:<thing>`: viewers of the tenant's resources should reload them.
 */
export type Topic =
  | `work:${string}`
  | `job:${string}`
  | `changes:${string}:${ChangingThing}`
  | 'benchmarks'
  | 'webhooks'

export interface Bus {
  publish(topic: Topic): void
  /** Calls `listener` on every publication until the answer is called. */
  subscribe(topic: Topic, listener: () => void): () => void
  subscriberCount(): number
  close(): Promise<void>
}

/** PostgreSQL itself takes no longer one. */
const MAX_PAYLOAD_CHARACTERS = CONTROL_PLANE_LIMITS.notification.value
const CHANNEL = 'radix_wake'
const Message = z.object({ origin: z.string(), topic: z.string() })

export function createBus(pool: pg.Pool, connection: pg.ClientConfig, logger: Logger): Bus {
  const origin = randomUUID()
  const listeners = new Map<string, Set<() => void>>()
  let closed = false
  let client: pg.Client | undefined
  let retryTimer: NodeJS.Timeout | undefined

  const wake = (topic: string) => {
    for (const listener of [...(listeners.get(topic) ?? [])]) listener()
  }
  const wakeAll = () => {
    for (const topic of [...listeners.keys()]) wake(topic)
  }

  async function listen(attempt: number): Promise<void> {
    const next = new pg.Client({
      ...connection,
      application_name: 'radix-listen',
      keepAlive: true,
      connectionTimeoutMillis: CONTROL_PLANE_LIMITS.wakeUpConnection.value,
    })
    let isOver = false
    const again = (error: unknown) => {
      if (isOver) return
      isOver = true
      next.end().catch(() => {})
      if (closed) return
      logger.warn({ error: String(error) }, 'the connection for wake-ups is down; reconnecting')
      const delayMs = backoffDelayMs(attempt, { initialMs: 100, maximumMs: 5000 })
      retryTimer = setTimeout(() => {
        listening = listen(attempt + 1)
      }, delayMs)
    }
    // Attached permanently from the start: an unhandled error would end the process.
    next.on('error', again)
    next.on('end', () => again('the connection ended'))
    next.on('notification', ({ payload }) => {
      const message = tryParseOutsideJson(payload ?? '', Message, { maxCharacters: MAX_PAYLOAD_CHARACTERS })
      if (message && message.origin !== origin) wake(message.topic)
    })
    try {
      await next.connect()
      if (!closed) await next.query(`LISTEN ${CHANNEL}`)
    } catch (error) {
      return again(error)
    }
    client = next
    wakeAll() // Wake-ups that were published while no connection listened.
    attempt = 0
  }
  let listening = listen(0)

  return {
    publish(topic) {
      wake(topic)
      pool.query('select pg_notify($1, $2)', [CHANNEL, JSON.stringify({ origin, topic })]).catch((error) => {
        logger.warn({ error: String(error), topic }, 'other replicas could not be notified')
      })
    },
    subscribe(topic, listener) {
      const set = listeners.get(topic) ?? new Set()
      listeners.set(topic, set.add(listener))
      return () => {
        set.delete(listener)
        if (set.size === 0 && listeners.get(topic) === set) listeners.delete(topic)
      }
    },
    subscriberCount: () => [...listeners.values()].reduce((count, set) => count + set.size, 0),
    async close() {
      closed = true
      clearTimeout(retryTimer)
      await listening
      await client?.end().catch(() => {})
    },
  }
}
