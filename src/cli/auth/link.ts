/** `radix auth link` */
import { connect } from '../shared/connection.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { print } from '../shared/output.ts'
import { createSignInUrl } from '../shared/sign-in/link.ts'

export async function printLink(options: ConnectionOptions): Promise<void> {
  print(await createSignInUrl(await connect(options)))
}
