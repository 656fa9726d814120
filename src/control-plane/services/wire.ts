/** From rows to wire shapes: the one mapping place. */
import type { Selectable } from 'kysely'
import type { Cluster } from '../../contract/schemas/cluster.ts'
import type { Job } from '../../contract/schemas/job.ts'
import type { Run } from '../../contract/schemas/run.ts'
import type { ClusterTable, JobTable, RunTable } from '../store/tables.ts'

export type JobRow = Selectable<JobTable>

export function toIso(date: Date): string
export function toIso(date: Date | null): string | null
export function toIso(date: Date | null): string | null {
  return date?.toISOString() ?? null
}

export function toCluster(row: Selectable<ClusterTable>): Cluster {
  const { run_id: _, ...members } = row
  return {
    ...members,
    status_changed_at: toIso(row.status_changed_at),
    last_heartbeat_at: toIso(row.last_heartbeat_at),
    created_at: toIso(row.created_at),
    archived_at: toIso(row.archived_at),
  }
}

export function toJob(row: JobRow): Job {
  const { lease_token_hash: _, lease_expires_at: __, lease_is_legacy: ___, ...members } = row
  return {
    ...members,
    created_at: toIso(row.created_at),
    leased_at: toIso(row.leased_at),
    started_at: toIso(row.started_at),
    finished_at: toIso(row.finished_at),
  }
}

export function toRun(row: Selectable<RunTable>, hasEvidence: boolean): Run {
  return {
    ...row,
    has_evidence: hasEvidence,
    deadline_at: toIso(row.deadline_at),
    created_at: toIso(row.created_at),
    ended_at: toIso(row.ended_at),
  }
}
