/** `radix member list` */
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
  'MEMBER',
  { heading: 'NAME', shorten: shortenName },
  'ROLE',
  { heading: 'ISSUER', leaveOut: 2 },
  { heading: 'LAST SEEN', shorten: shortenTime, leaveOut: 1 },
]

export async function listMembers(options: ListOptions): Promise<void> {
  const client = await connect(options)
  const members = await collectPages(options.limit, (page) => client.call('listMembers', { query: page }))
  if (options.json) return printJson(members)
  if (members.length === 0) {
    return note(
      'No members. Users of an issuer are listed once they have signed in. Tokens of the local issuer have no members.',
    )
  }
  const rows = members.map(({ member_id, subject, role, effective_role, issuer, last_seen_at }) => [
    member_id,
    subject,
    role ?? `${effective_role} (default)`,
    issuer,
    last_seen_at,
  ])
  print(renderTable(COLUMNS, rows))
}
