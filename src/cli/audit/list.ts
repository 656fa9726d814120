/** Prints the audit log. */
import { connect } from '../shared/connection.ts'
import { type ConnectionOptions, pickGiven } from '../shared/options.ts'
import { note, print, printJson, renderTable } from '../shared/output.ts'
import { collectPages } from '../shared/pages.ts'
import { shortenTime } from '../shared/table.ts'

interface ListOptions extends ConnectionOptions {
  limit: number
  action?: string
  actor?: string
  target?: string
  since?: string
  json?: boolean
}

const COLUMNS = [
  { heading: 'TIME', shorten: shortenTime },
  'ACTOR',
  'ACTION',
  'TARGET',
  { heading: 'DETAILS', leaveOut: 1 },
  { heading: 'FROM', leaveOut: 2 },
  { heading: 'REQUEST', leaveOut: 3 },
]

export async function listAuditEvents(options: ListOptions): Promise<void> {
  const { limit, action, actor, target, since, json } = options
  const filter = pickGiven({ action, actor, target, since })
  const client = await connect(options)
  const events = await collectPages(limit, (page) => client.call('listAuditEvents', { query: { ...filter, ...page } }))
  if (json) return printJson(events)
  if (events.length === 0) return note('No entries.')
  const rows = events.map((event) => [
    event.created_at,
    event.actor || event.actor_kind,
    event.action,
    event.target,
    Object.entries(event.details)
      .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
      .join(' '),
    event.address,
    event.request_id,
  ])
  print(renderTable(COLUMNS, rows))
}
