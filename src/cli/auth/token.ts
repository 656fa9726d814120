/** `radix auth token` */
import type { Role } from '../../contract/roles.ts'
import { findApiBase, givenApiBase } from '../shared/connection.ts'
import { type ConnectionOptions, resolveDataDir } from '../shared/options.ts'
import { maskInActions, print } from '../shared/output.ts'
import { findTokenSource, openTokenSource, type TokenSourceName } from '../shared/sign-in/find-token-source.ts'
import { mintLocalToken } from '../shared/sign-in/local.ts'

interface TokenOptions extends ConnectionOptions {
  source?: TokenSourceName
  ttlMinutes: number
  tenant: string
  role?: Role
  runKey?: string
}

export async function printToken(options: TokenOptions): Promise<void> {
  const token = await getToken(options)
  // In a CI job, the runner must mask the token before anything else receives it. The caller gets it on stdout.
  maskInActions(token)
  print(token)
}

async function getToken(options: TokenOptions): Promise<string> {
  const { source, ttlMinutes, tenant, role } = options
  const { mentionsCognito } = await import('../shared/sign-in/cognito.ts')
  const isLocal = source === undefined && !givenApiBase(options) && !mentionsCognito(process.env)
  if (source === 'local' || isLocal) {
    return mintLocalToken(resolveDataDir(options), ttlMinutes * 60, { tenantId: tenant, role })
  }
  // Cognito's tokens are the same for every control plane.
  if (source === 'cognito' || (source === undefined && !givenApiBase(options))) {
    return (await openTokenSource('cognito', '', options))()
  }
  const apiBase = await findApiBase(options)
  return (await (source ? openTokenSource(source, apiBase, options) : findTokenSource(apiBase, options)))()
}
