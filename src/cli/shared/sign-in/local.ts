/** Tokens of a data directory's own issuer: any user who can read its key may use it. */

import { userInfo } from 'node:os'
import type { Role } from '../../../contract/roles.ts'
import { CLI_LIMITS } from '../../../core/limits/cli.ts'
import { keepToken, type TokenSource } from './token-source.ts'

const TTL_SECONDS = CLI_LIMITS.localToken.value / 1000

export function createLocalTokenSource(dataDir: string): TokenSource {
  return keepToken(async () => {
    const expiresAt = new Date(Date.now() + TTL_SECONDS * 1000)
    return { token: await mintLocalToken(dataDir, TTL_SECONDS), expiresAt }
  })
}

/** `role`: the highest that the token allows; admin where absent. */
export async function mintLocalToken(
  dataDir: string,
  ttlSeconds: number,
  { tenantId = 'local', role }: { tenantId?: string; role?: Role | undefined } = {},
): Promise<string> {
  const { openLocalIssuer } = await import('../../../control-plane/auth/local-issuer.ts')
  const issuer = await openLocalIssuer(dataDir)
  return issuer.mintToken({ subject: userInfo().username, tenantId, ttlSeconds, role })
}
