/** `radix auth link` */
import type { Role } from '../../contract/roles.ts'
import { connect } from '../shared/connection.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { print } from '../shared/output.ts'
import { createSignInUrl } from '../shared/sign-in/link.ts'

interface LinkOptions extends ConnectionOptions {
  role?: Role
}

export async function printLink(options: LinkOptions): Promise<void> {
  print(await createSignInUrl(await connect(options), options.role))
}
