/** Onboarding: a single-use token for a cluster, exchanged by its agent for the cluster token. */
import { sql } from 'kysely'
import { RadixError } from '../../errors/radix-error.ts'
import { hashOpaqueToken, newOpaqueToken } from '../auth/opaque-token.ts'
import type { Connection, Database } from '../store/database.ts'
import { inTransaction } from '../store/statements.ts'
import { toIso } from '../store/wire.ts'
import { getCluster } from './clusters.ts'

export async function createOnboardingToken(db: Database, tenantId: string, clusterId: string, ttlSeconds: number) {
  const token = newOpaqueToken('onboarding')
  // The same statement locks the cluster, so no token outlives a concurrent archive.
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

/** Including used ones: their exchange can then not be repeated. */
export async function revokeOnboardingTokens(db: Database, tenantId: string, clusterId: string): Promise<void> {
  await getCluster(db, tenantId, clusterId)
  await db
    .updateTable('onboarding_tokens')
    .set({ revoked_at: sql`now()` })
    .where('cluster_id', '=', clusterId)
    .where('revoked_at', 'is', null)
    .execute()
}

/**
 * One atomic update marks the token as used; of two exchanges at once one wins. The agent that sent a nonce may repeat its
 * exchange while the onboarding token lives: it gets a new cluster token, and the one before ends. Throws
 * `AUTH_ONBOARDING_TOKEN_*`.
 */
export async function exchangeOnboardingToken(db: Database, clusterId: string, token: string, nonce?: string) {
  const tokenHash = hashOpaqueToken(token)
  const nonceHash = nonce === undefined ? null : hashOpaqueToken(nonce)
  return inTransaction(db, async (trx) => {
    const clusterToken = newOpaqueToken('cluster')
    const before = await useToken(trx, { tokenHash, clusterId, nonceHash, newHash: hashOpaqueToken(clusterToken) })
    if (before?.cluster_token_hash) await revokeClusterToken(trx, before.cluster_token_hash)
    const { tenant_id } = await trx
      .selectFrom('clusters')
      .select('tenant_id')
      .where('cluster_id', '=', clusterId)
      .executeTakeFirstOrThrow()
    await trx
      .insertInto('cluster_tokens')
      .values({ token_hash: hashOpaqueToken(clusterToken), cluster_id: clusterId })
      .execute()
    return { cluster_token: clusterToken, cluster_id: clusterId, tenant_id }
  })
}

interface Exchange {
  tokenHash: Buffer
  clusterId: string
  nonceHash: Buffer | null
  newHash: Buffer
}

/** Answers with the row as it was before: a repetition has a cluster token in it. The row stays locked until the end. */
async function useToken(trx: Connection, { tokenHash, clusterId, nonceHash, newHash }: Exchange) {
  const before = await trx
    .selectFrom('onboarding_tokens')
    .select('cluster_token_hash')
    .where('token_hash', '=', tokenHash)
    .where('cluster_id', '=', clusterId)
    .forUpdate()
    .executeTakeFirst()
  const used = await trx
    .updateTable('onboarding_tokens')
    .set({ used_at: sql`coalesce(used_at, now())`, nonce_hash: nonceHash, cluster_token_hash: newHash })
    .where('token_hash', '=', tokenHash)
    .where('cluster_id', '=', clusterId)
    .where(sql<boolean>`(used_at is null or nonce_hash = ${nonceHash})`)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', sql<Date>`now()`)
    .returning('cluster_id')
    .executeTakeFirst()
  if (!used) throw await explainRefusal(trx, clusterId, tokenHash)
  return before
}

async function revokeClusterToken(trx: Connection, tokenHash: Buffer): Promise<void> {
  await trx
    .updateTable('cluster_tokens')
    .set({ revoked_at: sql`now()` })
    .where('token_hash', '=', tokenHash)
    .where('revoked_at', 'is', null)
    .execute()
}

async function explainRefusal(trx: Connection, clusterId: string, tokenHash: Buffer): Promise<RadixError> {
  const found = await trx
    .selectFrom('onboarding_tokens')
    .select(['used_at', 'revoked_at', 'expires_at'])
    .where('token_hash', '=', tokenHash)
    .where('cluster_id', '=', clusterId)
    .executeTakeFirst()
  if (found?.used_at) return new RadixError('AUTH_ONBOARDING_TOKEN_USED')
  if (!found || found.revoked_at) return new RadixError('AUTH_ONBOARDING_TOKEN_INVALID')
  return new RadixError('AUTH_ONBOARDING_TOKEN_EXPIRED', { expired_at: toIso(found.expires_at) })
}
