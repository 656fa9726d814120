/** `radix webhook add` */
import type { WebhookEvent, WebhookFormat } from '../../contract/schemas/webhook.ts'
import { connect } from '../shared/connection.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { noteLine, printJson, printLine } from '../shared/output.ts'

interface AddOptions extends ConnectionOptions {
  event: WebhookEvent[]
  format: WebhookFormat
  json?: boolean
}

export async function addWebhook(url: string, options: AddOptions): Promise<void> {
  const client = await connect(options)
  const { event: events, format } = options
  const created = await client.call('createWebhook', { body: { url, events, format } })
  if (options.json) return printJson(created)
  // Only the secret goes to stdout, so that it can be piped into a file without being shown.
  printLine(created.secret)
  noteLine(`This secret signs the deliveries of ${created.webhook_id}. It is not shown again.`)
  noteLine(`To try it: radix webhook test ${created.webhook_id}`)
}
