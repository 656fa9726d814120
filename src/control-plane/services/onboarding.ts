/** Onboarding: a single-use token for a cluster, exchanged by its agent for the cluster token. */
import { sql } from 'kysely'
import { RadixError } from '../../errors/radix-error.ts'
import { hashOpaqueToken, newOpaqueToken } from '../auth/opaque-token.ts'
import type { Database } from '../store/database.ts'
import { getCluster } from './clusters.ts'
import { toIso } from './wire.ts'

export async function createOnboardingToken(db: Database, tenantId: string, clusterId: string, ttlSeconds: number) {
  const cluster = await getCluster(db, tenantId, clusterId)
  if (cluster.status === 'archived') throw new RadixError('CLUSTER_ARCHIVED', { cluster_id: clusterId })
  const token = newOpaqueToken('onboarding')
  const { expires_at } = await db
    .insertInto('onboarding_tokens')
    .values({
      token_hash: hashOpaqueToken(token),
      cluster_id: clusterId,
      expires_at: sql`now() + make_interval(secs => ${ttlSeconds})`,
    })
    .returning('expires_at')
    .executeTakeFirstOrThrow()
  return { one_time_token: token, expires_at: toIso(expires_at) }
}

export async function revokeOnboardingTokens(db: Database, tenantId: string, clusterId: string): Promise<void> {
  await getCluster(db, tenantId, clusterId)
  await db
    .updateTable('onboarding_tokens')
    .set({ revoked_at: sql`now()` })
    .where('cluster_id', '=', clusterId)
    .where('used_at', 'is', null)
    .where('revoked_at', 'is', null)
    .execute()
}

/** One atomic update marks the token as used; of two exchanges at once one wins. Throws `AUTH_ONBOARDING_TOKEN_*`. */
export async function exchangeOnboardingToken(db: Database, clusterId: string, token: string) {
  const tokenHash = hashOpaqueToken(token)
  return db.transaction().execute(async (trx) => {
    const used = await trx
      .updateTable('onboarding_tokens')
      .set({ used_at: sql`now()` })
      .where('token_hash', '=', tokenHash)
      .where('cluster_id', '=', clusterId)
      .where('used_at', 'is', null)
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', sql<Date>`now()`)
      .returning('cluster_id')
      .executeTakeFirst()
    if (!used) throw await explainRefusal(db, clusterId, tokenHash)
    const { tenant_id } = await trx
      .selectFrom('clusters')
      .select('tenant_id')
      .where('cluster_id', '=', clusterId)
      .executeTakeFirstOrThrow()
    const clusterToken = newOpaqueToken('cluster')
    await trx
      .insertInto('cluster_tokens')
      .values({ token_hash: hashOpaqueToken(clusterToken), cluster_id: clusterId })
      .execute()
    return { cluster_token: clusterToken, cluster_id: clusterId, tenant_id }
  })
}

async function explainRefusal(db: Database, clusterId: string, tokenHash: Buffer): Promise<RadixError> {
  const found = await db
    .selectFrom('onboarding_tokens')
    .select(['used_at', 'revoked_at', 'expires_at'])
    .where('token_hash', '=', tokenHash)
    .where('cluster_id', '=', clusterId)
    .executeTakeFirst()
  if (found?.used_at) return new RadixError('AUTH_ONBOARDING_TOKEN_USED')
  if (!found || found.revoked_at) return new RadixError('AUTH_ONBOARDING_TOKEN_INVALID')
  return new RadixError('AUTH_ONBOARDING_TOKEN_EXPIRED', { expired_at: toIso(found.expires_at) })
}
