/** Links that sign a browser in to the dashboard. */

import { type ControlPlaneClient, createClient } from '../../../contract/client.ts'
import type { Role } from '../../../contract/roles.ts'
import { withoutTrailingSlashes } from '../../../core/trailing-slashes.ts'
import { createLocalTokenSource } from './local.ts'

/** The address of the dashboard, with a code that signs one browser in. The fragment never reaches a server or its log. */
export async function createSignInUrl(client: ControlPlaneClient, role?: Role): Promise<string> {
  const { code } = await client.call('createSignInLink', role === undefined ? {} : { body: { role } })
  // Browsers may come by another address than programs of this machine.
  const address = withoutTrailingSlashes(process.env.RADIX_PUBLIC_URL || client.baseUrl)
  return `${address}/sign-in#${code}`
}

/** For the control plane that runs on this data directory. */
export function createLocalSignInUrl(baseUrl: string, dataDir: string): Promise<string> {
  return createSignInUrl(createClient({ baseUrl, credential: createLocalTokenSource(dataDir) }))
}
