/** Maps rows to wire shapes. This is the only mapping place. */
import type { Selectable } from 'kysely'
import type { Cluster } from '../../contract/schemas/cluster.ts'
import type { CompleteAnswer, Job, JobSummary } from '../../contract/schemas/job.ts'
import type { Run, RunSummary } from '../../contract/schemas/run.ts'
import type { ClusterTable, JobTable, MeasurementTable, RunTable } from './tables.ts'

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

/** Without the result, which may be large: PostgreSQL then does not read it. */
export const SUMMARY_COLUMNS = [
  'job_id',
  'cluster_id',
  'tenant_id',
  'run_id',
  'job_kind',
  'params',
  'status',
  'timeout_seconds',
  'cancel_requested',
  'progress',
  'metrics',
  'error_message',
  'error_code',
  'lease_epoch',
  'created_at',
  'leased_at',
  'started_at',
  'finished_at',
] as const satisfies (keyof JobTable)[]

export function toJobSummary(row: Pick<JobRow, (typeof SUMMARY_COLUMNS)[number]>): JobSummary {
  return {
    ...row,
    created_at: toIso(row.created_at),
    leased_at: toIso(row.leased_at),
    started_at: toIso(row.started_at),
    finished_at: toIso(row.finished_at),
  }
}

/** Only for the server. */
const INNER_COLUMNS = ['lease_token_hash', 'lease_expires_at', 'lease_is_legacy', 'cancel_requested_at'] as const

export function toJob(row: JobRow): Job {
  return {
    ...omit(row, INNER_COLUMNS),
    created_at: toIso(row.created_at),
    leased_at: toIso(row.leased_at),
    started_at: toIso(row.started_at),
    finished_at: toIso(row.finished_at),
  }
}

function omit<T extends object, K extends keyof T>(row: T, names: readonly K[]): Omit<T, K> {
  const rest = { ...row }
  for (const name of names) delete rest[name]
  return rest
}

/** For agents, earlier ones too: a member without a value is left out. */
export function toCompleteAnswer(row: JobRow): CompleteAnswer {
  return {
    job_id: row.job_id,
    cluster_id: row.cluster_id,
    tenant_id: row.tenant_id,
    job_kind: row.job_kind,
    status: row.status,
    cancel_requested: row.cancel_requested,
    lease_epoch: row.lease_epoch,
    ...(row.error_message === null ? {} : { error_message: row.error_message }),
    ...(row.error_code === null ? {} : { error_code: row.error_code }),
    created_at: toIso(row.created_at),
    ...(row.finished_at === null ? {} : { finished_at: toIso(row.finished_at) }),
  }
}

/** Without the steps, whose messages may be long. */
export const RUN_SUMMARY_COLUMNS = [
  'runs.tenant_id',
  'runs.run_id',
  'runs.provider',
  'runs.cluster_name',
  'runs.cluster_id',
  'runs.status',
  'runs.parameters',
  'runs.labels',
  'runs.machine',
  'runs.error_code',
  'runs.worst_case_cost_usd',
  'runs.cancel_requested',
  'runs.deadline_at',
  'runs.created_at',
  'runs.ended_at',
] as const satisfies `runs.${keyof RunTable}`[]

/** A run as it is read, with the numbers of its evidence if it has any. */
export type RunRow = Omit<Selectable<RunTable>, 'steps'> & { has_evidence: boolean } & Nullable<MeasuredColumns>
type MeasuredColumns = Pick<
  Selectable<MeasurementTable>,
  | 'verdict'
  | 'throughput'
  | 'throughput_unit'
  | 'duration_seconds'
  | 'trials'
  | 'throughput_low'
  | 'throughput_high'
  | 'work_per_usd'
  | 'machine_usd'
  | 'recipe'
  | 'device_name'
  | 'instance_type'
>
type Nullable<T> = { [member in keyof T]: T[member] | null }

export function toRun({ steps, ...row }: RunRow & Pick<Run, 'steps'>): Run {
  return { ...toRunSummary(row), steps }
}

export function toRunSummary(row: RunRow): RunSummary {
  const { trials, throughput_low, throughput_high, work_per_usd, machine_usd, recipe, device_name, ...rest } = row
  const { instance_type, throughput, throughput_unit: unit, ...members } = rest
  const isMeasured = trials !== null && device_name !== null
  return {
    ...members,
    throughput: throughput === null || unit === null ? null : { value: throughput, unit },
    measurement: isMeasured
      ? {
          trials,
          recipe,
          device_name,
          instance_type,
          interval: toInterval(throughput_low, throughput_high),
          work_per_usd,
          machine_usd,
        }
      : null,
    deadline_at: toIso(row.deadline_at),
    created_at: toIso(row.created_at),
    ended_at: toIso(row.ended_at),
  }
}

export function toInterval(low: number | null, high: number | null): { low: number; high: number } | null {
  return low === null || high === null ? null : { low, high }
}
