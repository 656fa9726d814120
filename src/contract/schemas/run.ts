/** Runs as the control plane keeps them: enough to watch, to cancel, to bill and to find a machine that is alive. */
import { z } from 'zod'
import { API_LIMITS } from '../../core/limits/api.ts'
import { MACHINE_STATES, RUN_STATUSES } from '../../core/transitions.ts'
import { Id, Labels, Rate, ReportedText, SmallObject, Timestamp, Usd } from './common.ts'
import { VERDICT_LEVELS } from './comparison.ts'
import { CHOSEN_WORKLOAD, checkParams } from './workload.ts'

export const PROVIDER_NAMES = ['ec2', 'local', 'existing', 'ssh', 'fake'] as const
export const ProviderName = z.enum(PROVIDER_NAMES)

export const STEP_STATUSES = ['pending', 'running', 'succeeded', 'failed', 'skipped', 'undone'] as const
export const RunStep = z
  .object({
    name: z.string().max(100),
    status: z.enum(STEP_STATUSES),
    started_at: Timestamp.nullable(),
    finished_at: Timestamp.nullable(),
    message: ReportedText(2000).nullable(),
  })
  .meta({ id: 'RunStep' })
export type RunStep = z.infer<typeof RunStep>

export const RunMachine = z
  .object({
    machine_id: z.string().max(200),
    instance_type: z.string().max(100).nullable(),
    state: z.enum(MACHINE_STATES),
    launched_at: Timestamp.nullable(),
    terminated_at: Timestamp.nullable(),
  })
  .meta({ id: 'RunMachine' })

/** The part of a run's evidence that lists show. */
const RunMeasurement = z
  .object({
    trials: z.number().int(),
    recipe: z.string().nullable(),
    device_name: z.string(),
    instance_type: z.string().nullable(),
    interval: z.object({ low: z.number(), high: z.number() }).nullable().describe('95 %; null for a single trial'),
    work_per_usd: z.number().nullable(),
    machine_usd: z.number().nullable(),
  })
  .meta({ id: 'RunMeasurement' })

export const Run = z
  .object({
    run_id: z.string(),
    tenant_id: z.string(),
    provider: ProviderName,
    cluster_name: z.string(),
    cluster_id: z.string().nullable(),
    status: z.enum(RUN_STATUSES),
    parameters: z.record(z.string(), z.unknown()),
    labels: Labels,
    steps: z.array(RunStep),
    machine: RunMachine.nullable(),
    verdict: z.enum(VERDICT_LEVELS).nullable(),
    throughput: Rate.nullable().describe('mean over the trials'),
    duration_seconds: z.number().nullable(),
    error_code: z.string().nullable(),
    worst_case_cost_usd: z.number().nullable(),
    cancel_requested: z.boolean(),
    has_evidence: z.boolean(),
    measurement: RunMeasurement.nullable(),
    deadline_at: Timestamp,
    created_at: Timestamp,
    ended_at: Timestamp.nullable(),
  })
  .meta({ id: 'Run' })
export type Run = z.infer<typeof Run>

/** A run in a list, without its steps and their messages: those are read with the run itself. */
export const RunSummary = Run.omit({ steps: true }).meta({ id: 'RunSummary' })
export type RunSummary = z.infer<typeof RunSummary>

/** Registering the same run id again returns the existing run. */
export const RegisterRunBody = z.object({
  run_id: z.string().regex(/^run_[0-9a-hjkmnp-tv-z]{26}$/, 'a run id: run_ and 26 characters'),
  provider: ProviderName,
  cluster_name: z.string().min(1).max(100),
  parameters: SmallObject(16_384),
  labels: Labels.default({}),
  deadline_at: Timestamp,
  worst_case_cost_usd: Usd.nullable().default(null),
})

/**
 * Absent members stay unchanged. Verdict and numbers are not among them: the server derives them from the evidence, and
 * ignores those of earlier harnesses. A final status does not change (see RUN_TRANSITIONS).
 */
export const UpdateRunBody = z.object({
  status: z.enum(RUN_STATUSES).optional(),
  cluster_id: Id.nullable().optional(),
  steps: z.array(RunStep).max(64).optional(),
  machine: RunMachine.nullable().optional(),
  error_code: z.string().max(100).nullable().optional(),
})

/** A run on a cluster that is there, which a server carries out. */
export const StartBenchmarkBody = z
  .object({
    ...CHOSEN_WORKLOAD,
    trials: z.number().int().min(1).max(API_LIMITS.trials.value).default(1),
    ttl_minutes: z
      .number()
      .positive()
      .max(24 * 60)
      .default(45),
  })
  .superRefine(checkParams)
