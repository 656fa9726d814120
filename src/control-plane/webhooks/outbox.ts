/**
 * Empties the outbox. A claim is one statement, so replicas share the work, and it expires, so that another takes over
 * after a crash: a delivery may come twice, with the same id. One delivery of a webhook is under way at a time, and a
 * receiver that hangs holds up no other webhook.
 */
import { type RawBuilder, sql } from 'kysely'
import { backoffDelayMs } from '../../core/backoff.ts'
import { CONTROL_PLANE_LIMITS as LIMITS } from '../../core/limits/control-plane.ts'
import type { App } from '../app.ts'
import { createWaiter } from '../events/wait-for-wake.ts'
import { type Message, type Outcome, sendMessage } from './send.ts'

/** A receiver that is gone for good says so. */
const GONE = 410

interface Claimed {
  delivery_id: string
  url: string
  secret: string
  body: string
  attempts: number
}

export interface OutboxWork {
  close(): Promise<void>
}

export function startOutbox(app: App): OutboxWork {
  const abort = new AbortController()
  const running = deliverAll(app, abort.signal)
  return {
    async close() {
      abort.abort()
      await running
    },
  }
}

async function deliverAll(app: App, signal: AbortSignal): Promise<void> {
  const underWay = new Set<Promise<void>>()
  const waiter = createWaiter(app.bus, 'webhooks')
  try {
    while (!signal.aborted) {
      const free = LIMITS.deliveriesAtOnce.value - underWay.size
      const claimed = free > 0 ? await claimDue(app, free).catch((error: unknown) => complain(app, error)) : []
      for (const each of claimed) {
        const delivery = deliver(app, each, signal).catch((error: unknown) => void complain(app, error))
        underWay.add(delivery)
        void delivery.then(() => underWay.delete(delivery))
      }
      if (claimed.length > 0 && underWay.size < LIMITS.deliveriesAtOnce.value) continue
      await Promise.race([waiter.wait(LIMITS.deliveryLook.value, signal), ...underWay])
    }
  } finally {
    waiter.close()
    await Promise.all(underWay)
  }
}

function complain({ logger }: App, error: unknown): [] {
  logger.error({ err: error }, 'webhooks could not be delivered; they are tried again')
  return []
}

/** Makes every delivery that is due now, once; for tests. Answers how many. */
export async function deliverDue(app: App): Promise<number> {
  const claimed = await claimDue(app, LIMITS.deliveriesAtOnce.value)
  await Promise.all(claimed.map((each) => deliver(app, each)))
  return claimed.length
}

/** The oldest of each webhook that has none under way. */
async function claimDue({ db }: App, count: number): Promise<Claimed[]> {
  const { rows } = await sql<Claimed>`
    with next as (
      select distinct on (webhook_id) delivery_id, next_attempt_at from webhook_deliveries as due
      where status = 'pending' and next_attempt_at <= now() and coalesce(claimed_until < now(), true)
        and not exists (select from webhook_deliveries as other where other.webhook_id = due.webhook_id
          and other.status = 'pending' and other.claimed_until >= now())
      order by webhook_id, next_attempt_at, delivery_id
    ), locked as (
      select delivery_id from webhook_deliveries
      where delivery_id in (select delivery_id from next order by next_attempt_at limit ${count})
        and status = 'pending' and coalesce(claimed_until < now(), true)
      for update skip locked
    )
    update webhook_deliveries as delivery
    set claimed_until = now() + ${milliseconds(LIMITS.deliveryClaim.value)}, attempts = attempts + 1, attempted_at = now()
    from locked, webhooks
    where delivery.delivery_id = locked.delivery_id and webhooks.webhook_id = delivery.webhook_id
    returning delivery.delivery_id, delivery.body, delivery.attempts, webhooks.url, webhooks.secret`.execute(db)
  return rows
}

async function deliver(app: App, claimed: Claimed, signal?: AbortSignal): Promise<void> {
  const message: Message = { ...claimed, deliveryId: claimed.delivery_id }
  const outcome = await sendMessage(message, app.settings.webhookNetworks, signal)
  // The server ends: the claim runs out, and another takes over.
  if (signal?.aborted) return
  await record(app, claimed, outcome)
}

/** The number of the attempt fences it: a claim that ran out belongs to another. */
async function record({ db }: App, { delivery_id, attempts }: Claimed, { status, error }: Outcome): Promise<void> {
  const isOver = error === null || status === GONE || attempts >= LIMITS.deliveryAttempts.value
  const state = error === null ? 'delivered' : isOver ? 'failed' : 'pending'
  const delayMs = backoffDelayMs(attempts - 1, {
    initialMs: LIMITS.firstDeliveryRetry.value,
    maximumMs: LIMITS.longestDeliveryRetry.value,
    factor: 4,
  })
  await db
    .updateTable('webhook_deliveries')
    .set({
      status: state,
      response_status: status,
      error,
      claimed_until: null,
      next_attempt_at: sql<Date>`now() + ${milliseconds(delayMs)}`,
    })
    .where('delivery_id', '=', delivery_id)
    .where('attempts', '=', attempts)
    .where('status', '=', 'pending')
    .execute()
}

function milliseconds(value: number): RawBuilder<unknown> {
  return sql`make_interval(secs => ${value / 1000})`
}
