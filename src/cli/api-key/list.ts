/** `radix api-key list` */
import { connect } from '../shared/connection.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { note, print, printJson, renderTable } from '../shared/output.ts'
import { collectPages } from '../shared/pages.ts'

interface ListOptions extends ConnectionOptions {
  limit: number
  json?: boolean
}

export async function listApiKeys(options: ListOptions): Promise<void> {
  const client = await connect(options)
  const keys = await collectPages(options.limit, (page) => client.call('listApiKeys', { query: page }))
  if (options.json) return printJson(keys)
  if (keys.length === 0) return note('No API keys. Create one: radix api-key create NAME')
  const rows = keys.map((key) => [
    key.api_key_id,
    key.name,
    `${key.prefix}…`,
    key.created_at,
    key.last_used_at,
    key.revoked_at,
  ])
  print(renderTable(['API KEY', 'NAME', 'BEGINS WITH', 'CREATED', 'LAST USED', 'REVOKED'], rows))
}
