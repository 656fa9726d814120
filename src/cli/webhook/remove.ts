/** `radix webhook remove` */
import { connect } from '../shared/connection.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { printLine } from '../shared/output.ts'

export async function removeWebhook(webhookId: string, options: ConnectionOptions): Promise<void> {
  const client = await connect(options)
  await client.call('removeWebhook', { params: { webhook_id: webhookId } })
  printLine(`${webhookId} was removed.`)
}
