/** `radix api-key revoke` */
import { connect } from '../shared/connection.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { printLine } from '../shared/output.ts'

export async function revokeApiKey(apiKeyId: string, options: ConnectionOptions): Promise<void> {
  const client = await connect(options)
  const key = await client.call('revokeApiKey', { params: { api_key_id: apiKeyId } })
  printLine(`${key.api_key_id} (${key.name}) was revoked at ${key.revoked_at}.`)
}
