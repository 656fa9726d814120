/** `radix api-key list` */
import { connect } from '../shared/connection.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { note, print, printJson, renderTable } from '../shared/output.ts'
import { collectPages } from '../shared/pages.ts'
import { shortenName, shortenTime } from '../shared/table.ts'

interface ListOptions extends ConnectionOptions {
  limit: number
  json?: boolean
}

const COLUMNS = [
  'API KEY',
  { heading: 'NAME', shorten: shortenName },
  { heading: 'ROLE', leaveOut: 2 },
  { heading: 'BEGINS WITH', leaveOut: 2 },
  { heading: 'CREATED', shorten: shortenTime, leaveOut: 3 },
  { heading: 'LAST USED', shorten: shortenTime, leaveOut: 1 },
  { heading: 'REVOKED', shorten: shortenTime },
]

export async function listApiKeys(options: ListOptions): Promise<void> {
  const client = await connect(options)
  const keys = await collectPages(options.limit, (page) => client.call('listApiKeys', { query: page }))
  if (options.json) return printJson(keys)
  if (keys.length === 0) return note('No API keys. Create one: radix api-key create NAME')
  const rows = keys.map((key) => [
    key.api_key_id,
    key.name,
    key.role,
    `${key.prefix}…`,
    key.created_at,
    key.last_used_at,
    key.revoked_at,
  ])
  print(renderTable(COLUMNS, rows))
}
