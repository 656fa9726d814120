/** Jobs: what users launch, what agents lease, and what agents report during and after them. */
import { z } from 'zod'
import { API_LIMITS } from '../../core/limits/api.ts'
import { JOB_STATUSES } from '../../core/transitions.ts'
import { upgradeEvent, upgradeMetrics } from '../earlier-documents.ts'
import { Rate, ReportedText, Timestamp } from './common.ts'
import { JobKindName, WorkloadProgress } from './workload.ts'

export const LaunchJobBody = z.object({
  job_kind: JobKindName,
  params: z.record(z.string(), z.unknown()).default({}).describe("checked against the job kind's own schema"),
  timeout_seconds: z
    .number()
    .int()
    .min(1)
    .max(API_LIMITS.jobTimeout.value / 1000)
    .default(2700),
  run_id: z.string().max(64).optional().describe('the run that this job is a trial of'),
})

/** Longer than any job may run. */
const DurationSeconds = z.number().min(0).max(10_000_000)
const ExitCode = z.number().int().min(-1024).max(4_294_967_295)

export const JobMetrics = z.looseObject({
  duration_seconds: z.number().optional(),
  throughput: Rate.optional(),
  exit_code: z.number().int().optional(),
})

export const Job = z
  .object({
    job_id: z.string(),
    cluster_id: z.string(),
    tenant_id: z.string(),
    run_id: z.string().nullable(),
    job_kind: JobKindName,
    params: z.record(z.string(), z.unknown()),
    status: z.enum(JOB_STATUSES),
    timeout_seconds: z.number().int(),
    cancel_requested: z.boolean(),
    progress: WorkloadProgress.nullable().describe('the latest one'),
    metrics: JobMetrics.nullable(),
    output_payload: z.record(z.string(), z.unknown()).nullable(),
    error_message: z.string().nullable(),
    error_code: z.string().nullable(),
    lease_epoch: z.number().int().describe('how many times the job was leased'),
    created_at: Timestamp,
    leased_at: Timestamp.nullable(),
    started_at: Timestamp.nullable(),
    finished_at: Timestamp.nullable(),
  })
  .meta({ id: 'Job' })
export type Job = z.infer<typeof Job>

/** A job in a list, without its result: that can be megabytes long, and is read with the job itself. */
export const JobSummary = Job.omit({ output_payload: true }).meta({ id: 'JobSummary' })
export type JobSummary = z.infer<typeof JobSummary>

export const PollBody = z.looseObject({
  max_jobs: z.number().int().min(1).max(16).default(1),
  wait_seconds: z.number().min(0).max(60).default(0).describe('how long to hold the request open for work'),
})
export const LeasedJob = z.object({
  job_id: z.string(),
  cluster_id: z.string(),
  job_kind: JobKindName,
  params: z.record(z.string(), z.unknown()),
  timeout_seconds: z.number().int(),
  lease: z.object({ token: z.string(), epoch: z.number().int(), expires_at: Timestamp }),
})
export type LeasedJob = z.infer<typeof LeasedJob>
export const PollAnswer = z.object({ jobs: z.array(LeasedJob) })

const LeaseToken = z.string().max(200)
export const RenewLeaseBody = z.object({ lease_token: LeaseToken })
export const RenewLeaseAnswer = z.object({
  lease: z.object({ epoch: z.number().int(), expires_at: Timestamp }),
  cancel_requested: z.boolean(),
})

/** One second of one GPU. `null` means that the driver did not say. */
export const GpuSample = z.object({
  gpu_uuid: ReportedText(200),
  utilization_percent: z.number().nullable(),
  memory_used_bytes: z.number().nullable(),
  power_watts: z.number().nullable(),
  temperature_celsius: z.number().nullable(),
  clock_sm_mhz: z.number().nullable(),
  clock_memory_mhz: z.number().nullable(),
  throttle_reasons: z.array(ReportedText(200)).max(64),
  ecc_uncorrected_errors: z.number().nullable(),
  xid: z.number().int().nullable().describe('the Xid error since the last sample; 0: none; null: not known'),
})
export type GpuSample = z.infer<typeof GpuSample>

const eventBase = { sequence: z.number().int().min(1).max(2_147_483_647), at: Timestamp }
export const JobEvent = z.discriminatedUnion('kind', [
  z.object({ ...eventBase, kind: z.literal('progress'), data: WorkloadProgress }),
  z.object({
    ...eventBase,
    kind: z.literal('log'),
    data: z.object({ stream: z.enum(['stdout', 'stderr', 'agent']), line: z.string().max(16_384) }),
  }),
  z.object({ ...eventBase, kind: z.literal('gpu_sample'), data: GpuSample }),
])
export type JobEvent = z.infer<typeof JobEvent>

/** A batch. `started: true` marks the job as running; events already stored (by sequence) are accepted and ignored. */
export const EventsBody = z.object({
  lease_token: LeaseToken,
  started: z.boolean().default(false),
  events: z.array(z.preprocess(upgradeEvent, JobEvent)).max(1000),
})
export const EventsAnswer = z.object({ last_sequence: z.number().int(), cancel_requested: z.boolean() })

/** Earlier agents send null for values that a failed job does not have. */
const ReportedMetrics = z.looseObject({
  duration_seconds: DurationSeconds.nullish(),
  throughput: Rate.nullish(),
  exit_code: ExitCode.nullish(),
})

export const CompleteBody = z.looseObject({
  status: z.enum(['succeeded', 'failed', 'cancelled', 'lost']),
  metrics: z.preprocess(upgradeMetrics, ReportedMetrics.nullish()),
  output_payload: z.record(z.string(), z.unknown()).nullish(),
  error_message: z.string().nullish(),
  error_code: z.string().max(100).nullish(),
  lease_token: LeaseToken.optional().describe('absent from earlier agents, whose lease lasts for the job timeout'),
})

/** Earlier agents read this too: a member without a value is absent, never null. */
export const CompleteAnswer = z.object({
  job_id: z.string(),
  cluster_id: z.string(),
  tenant_id: z.string(),
  job_kind: JobKindName,
  status: z.enum(JOB_STATUSES),
  cancel_requested: z.boolean(),
  lease_epoch: z.number().int(),
  error_message: z.string().optional(),
  error_code: z.string().optional(),
  created_at: Timestamp,
  finished_at: Timestamp.optional(),
})
export type CompleteAnswer = z.infer<typeof CompleteAnswer>

/**
 * The content of the live stream: SSE events named `job` (the whole job) and by event kind. Their ids are sequence
 * numbers.
 */
export const JobStreamMessage = z.discriminatedUnion('event', [
  z.object({ event: z.literal('job'), data: Job }),
  z.object({ event: z.literal('job_event'), data: JobEvent }),
])
export type JobStreamMessage = z.infer<typeof JobStreamMessage>
