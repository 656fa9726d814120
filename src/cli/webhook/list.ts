/** `radix webhook list` */
import { connect } from '../shared/connection.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { note, print, printJson, renderTable } from '../shared/output.ts'
import { collectPages } from '../shared/pages.ts'
import { shortenTime } from '../shared/table.ts'

interface ListOptions extends ConnectionOptions {
  limit: number
  json?: boolean
}

const COLUMNS = [
  'WEBHOOK',
  'URL',
  'EVENTS',
  { heading: 'FORMAT', leaveOut: 2 },
  'PENDING',
  'LAST DELIVERY',
  { heading: 'AT', shorten: shortenTime, leaveOut: 1 },
]

export async function listWebhooks(options: ListOptions): Promise<void> {
  const client = await connect(options)
  const webhooks = await collectPages(options.limit, (page) => client.call('listWebhooks', { query: page }))
  if (options.json) return printJson(webhooks)
  if (webhooks.length === 0) return note('No webhooks. Add one: radix webhook add URL')
  const rows = webhooks.map(({ webhook_id, url, events, format, pending, last_delivery }) => [
    webhook_id,
    `${url}/…`,
    events.join(', '),
    format,
    pending,
    last_delivery && (last_delivery.error ?? last_delivery.status),
    last_delivery?.at ?? null,
  ])
  print(renderTable(COLUMNS, rows))
}
