/** Heartbeats: one statement each, and another one for a cluster that becomes active. */
import { sql } from 'kysely'
import type { z } from 'zod'
import type { HeartbeatBody } from '../../contract/schemas/cluster.ts'
import { toStorableJson, toStorableText } from '../../core/storable.ts'
import type { ClusterStatus } from '../../core/transitions.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { App } from '../app.ts'
import type { ClusterIdentity } from '../auth/identity.ts'
import { toIso } from '../store/wire.ts'
import { transitionAtOnce } from '../transitions.ts'

export async function recordHeartbeat(app: App, { clusterId }: ClusterIdentity, body: z.output<typeof HeartbeatBody>) {
  const capabilities = toStorableJson(body.capabilities)
  const { rows } = await sql<{ status: ClusterStatus; server_time: Date }>`
    update clusters set
      last_heartbeat_at = now(),
      capabilities = ${capabilities}::jsonb,
      agent_version = ${toStorableText(body.agent_version)},
      heartbeat_interval_seconds = ${body.heartbeat_interval_seconds ?? null}
    where cluster_id = ${clusterId} and status <> 'archived'
    returning status, now() as server_time`.execute(app.db)
  const [row] = rows
  if (!row) throw new RadixError('AUTH_CLUSTER_TOKEN_INVALID')
  const status = row.status === 'active' ? row.status : await makeActive(app, clusterId)
  return { status, server_time: toIso(row.server_time) }
}

async function makeActive(app: App, clusterId: string): Promise<ClusterStatus> {
  const where = sql`cluster_id = ${clusterId}`
  const [moved] = await transitionAtOnce(app, ({ moveClusters }) => moveClusters('active', { where }))
  if (moved) return moved.status
  // Between the two statements another heartbeat made it active, or it was archived.
  const now = await app.db
    .selectFrom('clusters')
    .select('status')
    .where('cluster_id', '=', clusterId)
    .executeTakeFirst()
  if (!now || now.status === 'archived') throw new RadixError('AUTH_CLUSTER_TOKEN_INVALID')
  return now.status
}
