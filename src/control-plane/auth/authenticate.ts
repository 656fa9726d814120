/** Derives an identity from the headers of a request, by the kind of credential that its route takes. */
import type { IncomingHttpHeaders } from 'node:http'
import { CREDENTIAL_HEADERS, type Credential, CSRF_HEADER } from '../../contract/route.ts'
import { TOKEN_PREFIXES } from '../../core/redact.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { Database } from '../store/database.ts'
import { findApiKey } from './api-keys.ts'
import type { Identity, UserIdentity, VerifiedUser } from './identity.ts'
import { hashOpaqueToken } from './opaque-token.ts'
import { type RoleSettings, resolveRole } from './roles.ts'
import { findRunToken } from './run-tokens.ts'
import { readSessionCookie } from './session-cookie.ts'
import { findSession } from './sessions.ts'
import type { UserTokenVerifier } from './user-token.ts'

type RealCredential = Exclude<Credential, 'none'>

export type Authenticate = (credential: Credential, request: Caller, clusterId?: string) => Promise<Identity>

interface Caller {
  method: string
  headers: IncomingHttpHeaders
}

/** `clusterId` is the cluster of the path, which a cluster token must belong to. Throws the `AUTH_*` errors. */
export function createAuthenticate(
  db: Database,
  verifyUserToken: UserTokenVerifier,
  settings: RoleSettings,
): Authenticate {
  const identify = async (user: VerifiedUser): Promise<UserIdentity> => ({
    ...user,
    kind: 'user',
    role: await resolveRole(db, user, settings),
    runId: null,
  })
  const verifiers: Record<RealCredential, (secret: string, clusterId: string | undefined) => Promise<Identity>> = {
    user: (secret) =>
      secret.startsWith(TOKEN_PREFIXES.run) ? findRunToken(db, secret) : verifyUserToken(secret).then(identify),
    onboarding: async (secret) => ({ kind: 'onboarding', token: secret }),
    cluster: (secret, clusterId) => findCluster(db, secret, clusterId),
    api_key: (secret) => findApiKey(db, secret),
  }
  return async (credential, request, clusterId) => {
    if (credential === 'none') return { kind: 'none' }
    const { headers } = request
    const secret = readCredential(credential, headers)
    const session = readSessionCookie(headers)
    if (credential === 'user' && secret === undefined && session !== undefined) {
      requireOwnPage(request)
      const { user, ...found } = await findSession(db, session)
      return { ...(await identify(user)), session: found }
    }
    if (secret === undefined) throw missing(credential, headers)
    return verifiers[credential](secret, clusterId)
  }
}

/** The browser sends the cookie for any page. Only a page of this origin can also send the header. */
function requireOwnPage({ method, headers }: Caller): void {
  if (method !== 'GET' && headers[CSRF_HEADER] === undefined) {
    throw new RadixError('AUTH_CSRF', { header: CSRF_HEADER })
  }
}

function readCredential(credential: RealCredential, headers: IncomingHttpHeaders): string | undefined {
  const { header, scheme } = CREDENTIAL_HEADERS[credential]
  const value = headers[header]
  if (typeof value !== 'string') return undefined
  if (!value.toLowerCase().startsWith(scheme.toLowerCase())) return undefined
  return value.slice(scheme.length).trim() || undefined
}

function missing(credential: RealCredential, headers: IncomingHttpHeaders): RadixError {
  const { header, words } = CREDENTIAL_HEADERS[credential]
  const others = Object.keys(CREDENTIAL_HEADERS) as RealCredential[]
  const received = others.find((other) => other !== credential && readCredential(other, headers) !== undefined)
  if (!received) return new RadixError('AUTH_MISSING', { credential: words, header })
  return new RadixError('AUTH_WRONG_KIND', { received: CREDENTIAL_HEADERS[received].words, credential: words })
}

async function findCluster(db: Database, token: string, clusterId: string | undefined): Promise<Identity> {
  const found = await db
    .selectFrom('cluster_tokens')
    .innerJoin('clusters', 'clusters.cluster_id', 'cluster_tokens.cluster_id')
    .select(['clusters.cluster_id', 'clusters.tenant_id'])
    .where('token_hash', '=', hashOpaqueToken(token))
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  if (!found || found.cluster_id !== clusterId) throw new RadixError('AUTH_CLUSTER_TOKEN_INVALID')
  return { kind: 'cluster', tenantId: found.tenant_id, clusterId: found.cluster_id }
}
