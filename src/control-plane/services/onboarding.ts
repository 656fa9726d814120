/** Onboarding: a single-use token for a cluster, exchanged by its agent for the cluster token. */
import { sql } from 'kysely'
import { RadixError } from '../../errors/radix-error.ts'
import { hashOpaqueToken, newOpaqueToken } from '../auth/opaque-token.ts'
import type { Database } from '../store/database.ts'
import { getCluster } from './clusters.ts'
import { toIso } from './wire.ts'

export async function createOnboardingToken(db: Database, tenantId: string, clusterId: string, ttlSeconds: number) {
  const token = newOpaqueToken('onboarding')
  // The cluster is locked by the same statement, so that no token outlives an archive under way.
  const { rows } = await sql<{ expires_at: Date }>`
    insert into onboarding_tokens (token_hash, cluster_id, expires_at)
    select ${hashOpaqueToken(token)}, cluster_id, now() + make_interval(secs => ${ttlSeconds})
    from (select cluster_id from clusters
          where cluster_id = ${clusterId} and tenant_id = ${tenantId} and status <> 'archived'
          for share) as cluster
    returning expires_at`.execute(db)
  const [row] = rows
  if (row) return { one_time_token: token, expires_at: toIso(row.expires_at) }
  await getCluster(db, tenantId, clusterId)
  throw new RadixError('CLUSTER_ARCHIVED', { cluster_id: clusterId })
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
