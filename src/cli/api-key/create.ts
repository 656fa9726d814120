/** `radix api-key create` */
import type { ApiKeyRole } from '../../contract/roles.ts'
import { connect } from '../shared/connection.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { noteLine, printJson, printLine } from '../shared/output.ts'

interface CreateOptions extends ConnectionOptions {
  role: ApiKeyRole
  json?: boolean
}

export async function createApiKey(name: string, options: CreateOptions): Promise<void> {
  const client = await connect(options)
  const key = await client.call('createApiKey', { body: { name, role: options.role } })
  if (options.json) return printJson(key)
  // Only the key goes to stdout, so that it can be piped into a file without being shown.
  printLine(key.api_key)
  noteLine(`This is ${key.api_key_id} (${key.name}). It is not shown again; send it in the header x-radix-api-key.`)
  noteLine(`To revoke it: radix api-key revoke ${key.api_key_id}`)
}
