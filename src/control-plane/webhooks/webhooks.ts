/** Webhooks as admins see them: create, list, test, remove, and how deliveries went. */
import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { z } from 'zod'
import {
  type CreateWebhookBody,
  TEST_EVENT,
  type Webhook,
  type WebhookDelivery,
} from '../../contract/schemas/webhook.ts'
import { newId } from '../../core/ids.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { notFound } from '../../errors/not-found.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { App } from '../app.ts'
import type { Connection, Database } from '../store/database.ts'
import { type PageRequest, pageOf, toPage } from '../store/pagination.ts'
import { holdLock, inTransaction } from '../store/statements.ts'
import { toIso } from '../store/wire.ts'
import { refuseAddress } from './addresses.ts'
import { enqueue } from './events.ts'

/** Throws `WEBHOOK_URL_REFUSED` or `WEBHOOK_LIMIT`. */
export async function createWebhook({ db, settings }: App, tenantId: string, body: z.output<typeof CreateWebhookBody>) {
  const reason = refuseAddress(new URL(body.url), settings.webhookNetworks)
  if (reason !== undefined) throw new RadixError('WEBHOOK_URL_REFUSED', { reason })
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  return inTransaction(db, async (trx) => {
    await holdLock(trx, `webhooks ${tenantId}`)
    const limit = CONTROL_PLANE_LIMITS.webhooks.value
    const { count } = await trx
      .selectFrom('webhooks')
      .select(({ fn }) => fn.countAll<string>().as('count'))
      .where('tenant_id', '=', tenantId)
      .executeTakeFirstOrThrow()
    if (Number(count) >= limit) throw new RadixError('WEBHOOK_LIMIT', { limit })
    const webhook_id = newId('wh')
    const events = [...new Set(body.events)]
    await trx
      .insertInto('webhooks')
      .values({ webhook_id, tenant_id: tenantId, url: body.url, events, format: body.format, secret })
      .execute()
    return { webhook_id, secret }
  })
}

export async function listWebhooks(db: Database, tenantId: string, page: PageRequest) {
  const query = db
    .selectFrom('webhooks')
    .select(['webhook_id', 'url', 'events', 'format', 'created_at'])
    .select([
      sql<string>`(select count(*) from webhook_deliveries as delivery
        where delivery.webhook_id = webhooks.webhook_id and status = 'pending')`.as('pending'),
      sql<Webhook['last_delivery']>`(select json_build_object('status', status, 'error', error,
          'at', to_char(attempted_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
        from webhook_deliveries as delivery where delivery.webhook_id = webhooks.webhook_id and attempted_at is not null
        order by attempted_at desc limit 1)`.as('last_delivery'),
    ])
    .where('tenant_id', '=', tenantId)
  const rows = await pageOf(query, 'webhooks', 'webhook_id', page).execute()
  return toPage(
    rows,
    page,
    (row) => row.webhook_id,
    ({ url, pending, created_at, ...row }): Webhook => ({
      ...row,
      url: new URL(url).origin,
      pending: Number(pending),
      created_at: toIso(created_at),
    }),
  )
}

/** Its deliveries go with it. Throws `NOT_FOUND`. */
export async function removeWebhook(db: Database, tenantId: string, webhookId: string): Promise<undefined> {
  await findWebhook(db, tenantId, webhookId)
  await db.deleteFrom('webhooks').where('webhook_id', '=', webhookId).execute()
}

/** Queues a delivery of its own kind. Throws `NOT_FOUND` or `WEBHOOK_QUEUE_FULL`. */
export async function testWebhook(app: App, tenantId: string, webhookId: string): Promise<WebhookDelivery> {
  const webhook = await findWebhook(app.db, tenantId, webhookId)
  const text = 'This is a test of a webhook of Radix.'
  const happening = { type: TEST_EVENT, key: newId('evt'), text, page: '/', data: { webhook_id: webhookId } } as const
  const deliveryId = await enqueue(app, app.db, webhook, happening)
  if (deliveryId === undefined) throw new RadixError('WEBHOOK_QUEUE_FULL', { webhook_id: webhookId })
  app.bus.publish('webhooks')
  const row = await app.db
    .selectFrom('webhook_deliveries')
    .select(DELIVERY_COLUMNS)
    .where('delivery_id', '=', deliveryId)
    .executeTakeFirstOrThrow()
  return toDelivery(row)
}

/** Throws `NOT_FOUND`. */
export async function listDeliveries(db: Database, tenantId: string, webhookId: string, page: PageRequest) {
  await findWebhook(db, tenantId, webhookId)
  const query = db.selectFrom('webhook_deliveries').select(DELIVERY_COLUMNS).where('webhook_id', '=', webhookId)
  const rows = await pageOf(query, 'webhook_deliveries', 'delivery_id', page).execute()
  return toPage(rows, page, (row) => row.delivery_id, toDelivery)
}

async function findWebhook(connection: Connection, tenantId: string, webhookId: string) {
  const row = await connection
    .selectFrom('webhooks')
    .select(['webhook_id', 'format'])
    .where('tenant_id', '=', tenantId)
    .where('webhook_id', '=', webhookId)
    .executeTakeFirst()
  if (!row) throw notFound('webhook', webhookId)
  return row
}

const DELIVERY_COLUMNS = [
  'delivery_id',
  'event',
  'status',
  'attempts',
  'created_at',
  'attempted_at',
  'next_attempt_at',
  'response_status',
  'error',
] as const

type DeliveryRow = Omit<WebhookDelivery, 'created_at' | 'attempted_at' | 'next_attempt_at'> & {
  created_at: Date
  attempted_at: Date | null
  next_attempt_at: Date
}

function toDelivery(row: DeliveryRow): WebhookDelivery {
  return {
    ...row,
    created_at: toIso(row.created_at),
    attempted_at: toIso(row.attempted_at),
    next_attempt_at: row.status === 'pending' ? toIso(row.next_attempt_at) : null,
  }
}
