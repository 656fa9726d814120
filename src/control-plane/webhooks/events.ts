/**
 * What happened, put into the outbox of every webhook that wants to know: in the transaction of the caller, and once per
 * webhook and key. A full outbox takes nothing more.
 */
import { type RawBuilder, sql } from 'kysely'
import type { TEST_EVENT, WebhookEvent, WebhookFormat } from '../../contract/schemas/webhook.ts'
import { newId } from '../../core/ids.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { toStorableJson } from '../../core/storable.ts'
import type { App } from '../app.ts'
import type { Connection } from '../store/database.ts'

export interface Happening {
  type: WebhookEvent | typeof TEST_EVENT
  /** The same for the same happening, however often it is seen. */
  key: string
  /** A sentence for people. */
  text: string
  /** The page of the dashboard that shows it. */
  page: string
  data: Record<string, unknown>
}

interface Receiver {
  webhook_id: string
  format: WebhookFormat
}

/** Answers how many deliveries are new. */
export async function raiseEvent(
  app: Pick<App, 'publicUrl' | 'bus'>,
  connection: Connection,
  tenantId: string,
  happening: Happening,
): Promise<number> {
  const receivers = await connection
    .selectFrom('webhooks')
    .select(['webhook_id', 'format'])
    .where('tenant_id', '=', tenantId)
    .where(sql<boolean>`${happening.type} = any(events)`)
    .execute()
  let raised = 0
  for (const receiver of receivers) raised += (await enqueue(app, connection, receiver, happening)) ? 1 : 0
  return raised
}

/** The id of the delivery; undefined if there is one for this key, no room, or no such webhook any more. */
export async function enqueue(
  { publicUrl }: Pick<App, 'publicUrl'>,
  connection: Connection,
  { webhook_id, format }: Receiver,
  happening: Happening,
): Promise<string | undefined> {
  const deliveryId = newId('msg')
  const body = RENDER[format](happening, publicUrl)
  const { rows } = await sql<{ delivery_id: string }>`
    insert into webhook_deliveries (delivery_id, webhook_id, event, event_key, body)
    select ${deliveryId}, webhook_id, ${happening.type}, ${happening.key}, ${body}
    from (select webhook_id from webhooks where webhook_id = ${webhook_id} for key share) as webhook
    where ${hasRoom(sql`${webhook_id}`)}
    on conflict (webhook_id, event_key) do nothing returning delivery_id`.execute(connection)
  return rows[0]?.delivery_id
}

/** Whether the outbox of a webhook takes another delivery. */
export function hasRoom(webhookId: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`(select count(*) from webhook_deliveries as waiting
    where waiting.webhook_id = ${webhookId} and waiting.status = 'pending') < ${CONTROL_PLANE_LIMITS.pendingDeliveries.value}`
}

const RENDER: Record<WebhookFormat, (happening: Happening, publicUrl: string | undefined) => string> = {
  standard: ({ type, data, text, page }, publicUrl) => {
    const url = publicUrl === undefined ? {} : { url: publicUrl + page }
    return toStorableJson({ type, timestamp: new Date().toISOString(), data: { ...data, message: text, ...url } })
  },
  slack: ({ text, page }, publicUrl) => {
    const link = publicUrl === undefined ? '' : `\n<${publicUrl}${page}|Open in Radix>`
    return toStorableJson({ text: escapeSlack(text) + link })
  },
}

/** A name must not become a link or a mention: https://docs.slack.dev/messaging/formatting-message-text */
function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
