/** `radix member default` */
import type { Role } from '../../contract/roles.ts'
import { connect } from '../shared/connection.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { printJson, printLine } from '../shared/output.ts'

interface DefaultOptions extends ConnectionOptions {
  role?: Role
  json?: boolean
}

export async function showDefaultRole(options: DefaultOptions): Promise<void> {
  const client = await connect(options)
  const { role } = options
  const answer = role
    ? await client.call('setDefaultRole', { body: { role } })
    : await client.call('getDefaultRole', {})
  if (options.json) return printJson(answer)
  printLine(`Users without a role of their own have the role ${answer.role}.`)
}
