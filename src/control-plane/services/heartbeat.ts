/** Heartbeats: one statement each. They make a cluster active. */
import { sql } from 'kysely'
import type { z } from 'zod'
import type { HeartbeatBody } from '../../contract/schemas/cluster.ts'
import { toStorableJson, toStorableText } from '../../core/storable.ts'
import type { ClusterStatus } from '../../core/transitions.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { Database } from '../store/database.ts'
import { toIso } from './wire.ts'

export async function recordHeartbeat(db: Database, clusterId: string, body: z.output<typeof HeartbeatBody>) {
  const capabilities = toStorableJson(body.capabilities)
  const { rows } = await sql<{ status: ClusterStatus; server_time: Date }>`
    update clusters set
      last_heartbeat_at = now(),
      capabilities = ${capabilities}::jsonb,
      agent_version = ${toStorableText(body.agent_version)},
      heartbeat_interval_seconds = ${body.heartbeat_interval_seconds ?? null},
      status = 'active',
      status_changed_at = case when status = 'active' then status_changed_at else now() end
    where cluster_id = ${clusterId} and status <> 'archived'
    returning status, now() as server_time`.execute(db)
  const [row] = rows
  if (!row) throw new RadixError('AUTH_CLUSTER_TOKEN_INVALID')
  return { status: row.status, server_time: toIso(row.server_time) }
}
