/** `radix auth link` */
import type { ControlPlaneClient } from '../../contract/client.ts'
import { connect } from '../shared/connection.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { print } from '../shared/output.ts'

export async function printLink(options: ConnectionOptions): Promise<void> {
  print(await createSignInUrl(await connect(options)))
}

/** The address of the dashboard, with a code that signs one browser in. The fragment never reaches a server or its log. */
export async function createSignInUrl(client: ControlPlaneClient): Promise<string> {
  const { code } = await client.call('createSignInLink', {})
  return `${client.baseUrl}/sign-in#${code}`
}
