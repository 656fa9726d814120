/** `radix member set` */
import type { ControlPlaneClient } from '../../contract/client.ts'
import { ROLES, type Role } from '../../contract/roles.ts'
import { isId } from '../../core/ids.ts'
import { notFound } from '../../errors/not-found.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { connect } from '../shared/connection.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { printJson, printLine } from '../shared/output.ts'
import { collectPages } from '../shared/pages.ts'

interface SetOptions extends ConnectionOptions {
  json?: boolean
}

export async function setMemberRole(member: string, roleName: string, options: SetOptions): Promise<void> {
  const role = parseRole(roleName)
  const client = await connect(options)
  const member_id = isId('mem', member) ? member : await findByName(client, member)
  const changed = await client.call('setMemberRole', { params: { member_id }, body: { role } })
  if (options.json) return printJson(changed)
  const from = changed.role === null ? ', the default' : ''
  printLine(`${changed.subject} has the role ${changed.effective_role}${from}.`)
}

function parseRole(text: string): Role | null {
  const role = ROLES.find((each) => each === text)
  if (role === undefined && text !== 'default') {
    const message = `${text} is not a role. Use ${ROLES.join(', ')} or default.`
    throw new RadixError('USAGE', { message, help_command: 'radix member set --help' })
  }
  return role ?? null
}

async function findByName(client: ControlPlaneClient, name: string): Promise<string> {
  const members = await collectPages(Number.POSITIVE_INFINITY, (page) => client.call('listMembers', { query: page }))
  const found = members.filter(({ subject }) => subject === name)
  const [only] = found
  if (!only) throw notFound('member', name)
  if (found.length === 1) return only.member_id
  const ids = found.map(({ member_id }) => member_id).join(', ')
  const message = `${found.length} members are called ${name}: ${ids}. Name one of them by its id.`
  throw new RadixError('USAGE', { message, help_command: 'radix member set --help' })
}
