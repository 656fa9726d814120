/** The tables as Kysely sees them. Times are the database's; JSON columns hold wire shapes. */
import type { ColumnType, Generated, GeneratedAlways } from 'kysely'
import type { Role } from '../../contract/roles.ts'
import type { AuditEvent } from '../../contract/schemas/audit.ts'
import type { Baseline, Measurement } from '../../contract/schemas/baseline.ts'
import type { Capabilities } from '../../contract/schemas/cluster.ts'
import type { Job } from '../../contract/schemas/job.ts'
import type { StoredReport } from '../../contract/schemas/machine.ts'
import type { Run, RunStep } from '../../contract/schemas/run.ts'
import type { WebhookDelivery, WebhookFormat } from '../../contract/schemas/webhook.ts'
import type { WorkloadProgress } from '../../contract/schemas/workload.ts'
import type { ClusterType } from '../../core/cluster-types.ts'
import type { ClusterStatus, JobStatus, RunStatus } from '../../core/transitions.ts'
import type { WorkloadName } from '../../workloads/index.ts'

/** Written as text, read as the parsed value. */
export type Json<T> = ColumnType<T, string, string>
/** Set by the database when the row is made. */
export type CreatedAt = ColumnType<Date, Date | undefined, never>

/** Changed by transitions.ts and nowhere else. */
type Status<S> = ColumnType<S, never, never>

export interface ClusterTable {
  cluster_id: string
  tenant_id: string
  name: string
  type: ClusterType
  status: Status<ClusterStatus>
  status_changed_at: CreatedAt
  labels: Json<Record<string, string>>
  capabilities: Json<Capabilities | null>
  agent_version: string | null
  heartbeat_interval_seconds: number | null
  last_heartbeat_at: Date | null
  created_at: CreatedAt
  archived_at: Date | null
  /** The run whose own token created it. */
  run_id: string | null
}

export interface OnboardingTokenTable {
  token_hash: Buffer
  cluster_id: string
  created_at: CreatedAt
  expires_at: Date
  used_at: Date | null
  revoked_at: Date | null
  /** Of the agent that used it, which may repeat its exchange; null for an earlier agent, which sends none. */
  nonce_hash: Buffer | null
  /** The token from the latest exchange. */
  cluster_token_hash: Buffer | null
}

export interface ClusterTokenTable {
  token_hash: Buffer
  cluster_id: string
  created_at: CreatedAt
  revoked_at: Date | null
}

export interface RunTokenTable {
  token_hash: Buffer
  tenant_id: string
  run_id: string
  subject: string
  role: Role
  created_at: CreatedAt
  expires_at: Date
  /** A further cluster that it may use although the run did not create it. */
  cluster_id: string | null
}

export interface BenchmarkRequestTable {
  run_id: string
  tenant_id: string
  cluster_id: string
  subject: string
  workload: WorkloadName
  params: Json<Record<string, unknown>>
  trials: number
  ttl_minutes: number
  created_at: CreatedAt
  /** The server that carries it out, until its claim expires. */
  claimed_by: string | null
  claimed_until: Date | null
  /** Incremented by every claim: writes of an earlier claim are refused. */
  claim_epoch: Generated<number>
}

/** The journal of a run that a server carries out: one entry a row, in order. */
export interface RunJournalTable {
  run_id: string
  sequence: number
  entry: Json<Record<string, unknown>>
}

/** The facts that were collected of such a run before its evidence is written. */
export interface RunJournalFactsTable {
  run_id: string
  facts: string
}

/** Each is good for one exchange; kept until it would have expired anyway. */
export interface UsedGithubTokenTable {
  token_id: string
  expires_at: Date
}

/** Rows are only added; the database refuses to change them. */
export interface AuditEventTable {
  audit_id: string
  tenant_id: string
  created_at: CreatedAt
  actor: string
  actor_kind: AuditEvent['actor_kind']
  principal: string | null
  role: Role | null
  action: string
  target: string | null
  details: Json<Record<string, unknown>>
  request_id: string
  address: string
}

export interface WebhookTable {
  webhook_id: string
  tenant_id: string
  url: string
  events: string[]
  format: WebhookFormat
  /** Readable, because it signs. */
  secret: string
  created_at: CreatedAt
}

/** The outbox. */
export interface WebhookDeliveryTable {
  delivery_id: string
  webhook_id: string
  event: string
  /** The same event is told once. */
  event_key: string
  body: string
  status: WebhookDelivery['status']
  attempts: number
  created_at: CreatedAt
  attempted_at: Date | null
  next_attempt_at: Date
  claimed_until: Date | null
  response_status: number | null
  error: string | null
}

/** A user who has signed in. */
export interface MemberTable {
  member_id: string
  tenant_id: string
  /** `<issuer>#<sub>`. */
  principal: string
  subject: string
  /** Null: the default role of the tenant. */
  role: ColumnType<Role | null, Role | null | undefined, Role | null>
  created_at: CreatedAt
  last_seen_at: ColumnType<Date, Date | undefined, Date>
}

export interface DefaultRoleTable {
  tenant_id: string
  role: Role
  set_at: ColumnType<Date, Date | undefined, Date>
}

export interface SessionTable {
  session_hash: Buffer
  tenant_id: string
  subject: string
  /** Null for one from before there were roles: its user then has the default role. */
  principal: string | null
  max_role: Role
  created_at: CreatedAt
  expires_at: Date
  revoked_at: Date | null
}

export interface SignInLinkTable {
  code_hash: Buffer
  tenant_id: string
  subject: string
  principal: string | null
  max_role: Role
  expires_at: Date
  used_at: Date | null
}

/** Deleted when the browser comes back. */
export interface SignInTable {
  state_hash: Buffer
  browser_hash: Buffer
  provider: string
  nonce: string
  code_verifier: string
  next_path: string | null
  expires_at: Date
}

export interface JobTable {
  job_id: string
  cluster_id: string
  tenant_id: string
  run_id: string | null
  job_kind: Job['job_kind']
  params: Json<Record<string, unknown>>
  status: Status<JobStatus>
  timeout_seconds: number
  cancel_requested: Generated<boolean>
  cancel_requested_at: Date | null
  progress: Json<WorkloadProgress | null>
  metrics: Json<Job['metrics']>
  output_payload: Json<Record<string, unknown> | null>
  error_message: string | null
  error_code: string | null
  lease_epoch: Generated<number>
  lease_token_hash: Buffer | null
  lease_expires_at: Date | null
  /** The lease of an earlier agent: it is never renewed and its completion carries no lease token. */
  lease_is_legacy: Generated<boolean>
  created_at: CreatedAt
  leased_at: Date | null
  started_at: Date | null
  finished_at: Date | null
}

export interface JobEventTable {
  job_id: string
  sequence: number
  at: Date
  kind: 'progress' | 'log' | 'gpu_sample'
  data: Json<unknown>
}

export interface RunTable {
  tenant_id: string
  run_id: string
  provider: Run['provider']
  cluster_name: string
  cluster_id: string | null
  status: Status<RunStatus>
  parameters: Json<Record<string, unknown>>
  labels: Json<Record<string, string>>
  steps: Json<RunStep[]>
  machine: Json<Run['machine']>
  error_code: string | null
  worst_case_cost_usd: number | null
  cancel_requested: Generated<boolean>
  deadline_at: Date
  created_at: CreatedAt
  ended_at: Date | null
}

export interface RunEvidenceTable {
  tenant_id: string
  run_id: string
  document: Json<Record<string, unknown>>
  stored_at: ColumnType<Date, Date | undefined, Date>
}

export interface BudgetTable {
  tenant_id: string
  /** Null: no cap. */
  per_day_usd: number | null
  per_month_usd: number | null
  set_at: ColumnType<Date, Date | undefined, Date>
}

export interface BaselineTable {
  tenant_id: string
  name: string
  document: Json<Baseline>
  created_at: CreatedAt
  set_at: ColumnType<Date, Date | undefined, Date>
}

/**
 * The numbers from a run's signed evidence. evidence/evidence.ts writes them together with it. The database deletes the
 * row if the evidence changes in any other way.
 */
export interface MeasurementTable {
  tenant_id: string
  run_id: string
  verdict: NonNullable<Run['verdict']>
  /** Over the trials: null where none has a number. */
  trials: number | null
  throughput: number | null
  throughput_unit: string | null
  throughput_low: number | null
  throughput_high: number | null
  duration_seconds: number | null
  work_per_usd: number | null
  machine_usd: number | null
  /** From here on null where no trial has a result. */
  measured_at: Date | null
  conditions: ColumnType<MeasuredConditions | null, string | null, string | null>
  recipe: string | null
  device_type: string | null
  device_name: string | null
  instance_type: string | null
  /** The same for equal conditions on the same kind of machine. */
  series_id: GeneratedAlways<string | null>
}

/** Runs of equal conditions measure the same. */
export type MeasuredConditions = Pick<Measurement, 'job_kind' | 'workload' | 'recipe' | 'precision' | 'parameters'>

export interface ReaperTable {
  tenant_id: string
  name: string
  report: Json<StoredReport>
  last_success_at: Date | null
  received_at: ColumnType<Date, Date | undefined, Date>
}

export interface IdempotencyKeyTable {
  tenant_id: string
  route: string
  key: string
  request_hash: Buffer
  answer: Json<unknown>
  created_at: CreatedAt
}
