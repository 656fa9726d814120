/** `radix webhook deliveries` */
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
  'DELIVERY',
  'EVENT',
  'STATUS',
  'ATTEMPTS',
  { heading: 'ANSWER', leaveOut: 1 },
  { heading: 'CREATED', shorten: shortenTime, leaveOut: 3 },
  { heading: 'NEXT ATTEMPT', shorten: shortenTime, leaveOut: 2 },
]

export async function listDeliveries(webhookId: string, options: ListOptions): Promise<void> {
  const client = await connect(options)
  const params = { webhook_id: webhookId }
  const deliveries = await collectPages(options.limit, (page) =>
    client.call('listWebhookDeliveries', { params, query: page }),
  )
  if (options.json) return printJson(deliveries)
  if (deliveries.length === 0) return note('No deliveries yet.')
  const rows = deliveries.map((each) => [
    each.delivery_id,
    each.event,
    each.status,
    each.attempts,
    each.error ?? each.response_status,
    each.created_at,
    each.next_attempt_at,
  ])
  print(renderTable(COLUMNS, rows))
}
