/** Clusters as users see them: create, list, read, archive. */
import { sql } from 'kysely'
import type { z } from 'zod'
import { Cluster, type CreateClusterBody } from '../../contract/schemas/cluster.ts'
import { newId } from '../../core/ids.ts'
import type { ClusterStatus } from '../../core/transitions.ts'
import { notFound } from '../../errors/not-found.ts'
import type { App } from '../app.ts'
import type { UserIdentity } from '../auth/identity.ts'
import { announce } from '../events/changes.ts'
import type { Connection, Database } from '../store/database.ts'
import { runOnce } from '../store/idempotency.ts'
import { type PageRequest, pageOf, toPage } from '../store/pagination.ts'
import { toCluster } from '../store/wire.ts'
import { transition } from '../transitions.ts'

/** Who asks: a run's own token creates for that run, and sees no others. */
type Creator = Pick<UserIdentity, 'tenantId' | 'runId'>

export async function createCluster(
  app: App,
  creator: Creator,
  body: z.output<typeof CreateClusterBody>,
  idempotencyKey: string | undefined,
): Promise<Cluster> {
  // Keys of one run must not answer for another: they can be guessed.
  const route = creator.runId === null ? 'createCluster' : `createCluster ${creator.runId}`
  const request = { tenantId: creator.tenantId, route, key: idempotencyKey, body }
  const { answer } = await runOnce(app.db, request, Cluster, (connection) => insertCluster(connection, creator, body))
  announce(app, creator.tenantId, 'clusters')
  return answer
}

async function insertCluster(
  connection: Connection,
  { tenantId, runId }: Creator,
  { name, type, labels }: z.output<typeof CreateClusterBody>,
): Promise<Cluster> {
  const row = await connection
    .insertInto('clusters')
    .values({
      cluster_id: newId('cl'),
      tenant_id: tenantId,
      name,
      type,
      labels: JSON.stringify(labels),
      capabilities: 'null',
      run_id: runId,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return toCluster(row)
}

export interface ClusterFilter {
  status?: ClusterStatus | undefined
  archived?: boolean | undefined
  name?: string | undefined
}

export async function listClusters(db: Database, { tenantId, runId }: Creator, page: PageRequest & ClusterFilter) {
  let query = db.selectFrom('clusters').selectAll().where('tenant_id', '=', tenantId)
  if (runId !== null) query = query.where('run_id', '=', runId)
  if (page.status) query = query.where('status', '=', page.status)
  if (page.archived !== undefined) query = query.where('status', page.archived ? '=' : '<>', 'archived')
  if (page.name) query = query.where(sql<boolean>`position(lower(${page.name}) in lower(name)) > 0`)
  const rows = await pageOf(query, 'clusters', 'cluster_id', page).execute()
  return toPage(rows, page, (row) => row.cluster_id, toCluster)
}

/** Throws `NOT_FOUND`, also for another tenant's. */
export async function getCluster(connection: Connection, tenantId: string, clusterId: string): Promise<Cluster> {
  const row = await connection
    .selectFrom('clusters')
    .selectAll()
    .where('cluster_id', '=', clusterId)
    .where('tenant_id', '=', tenantId)
    .executeTakeFirst()
  if (!row) throw notFound('cluster', clusterId)
  return toCluster(row)
}

/** Revokes tokens, cancels queued jobs, and tells jobs in progress to stop. Archiving again changes nothing. */
export async function archiveCluster(app: App, tenantId: string, clusterId: string): Promise<Cluster> {
  return transition(app, async ({ connection, moveClusters, moveJobs }) => {
    await getCluster(connection, tenantId, clusterId)
    // The row lock keeps launches out: they look at the status under the same lock.
    const where = sql`cluster_id = ${clusterId}`
    const archived = await moveClusters('archived', { set: sql`archived_at = now()`, where })
    if (archived.length === 0) return getCluster(connection, tenantId, clusterId)
    for (const table of ['onboarding_tokens', 'cluster_tokens'] as const) {
      await connection
        .updateTable(table)
        .set({ revoked_at: sql`now()` })
        .where('cluster_id', '=', clusterId)
        .where('revoked_at', 'is', null)
        .execute()
    }
    // The agent can no longer report, so its running jobs end here as cancelled.
    const ended = sql`cancel_requested = true, finished_at = now(), error_message = 'The cluster was archived.',
      lease_token_hash = null, lease_expires_at = null`
    await moveJobs('cancelled', { set: ended, where })
    return getCluster(connection, tenantId, clusterId)
  })
}
