/**
 * `radix.evidence/v2`: the truth about a run, from which every report is rendered. Names are snake_case and end in
 * their unit, but for the throughput and the work of a workload, which have it beside them. A reader of v2 accepts
 * members that it does not know.
 */
import { z } from 'zod'
import { CLUSTER_TYPES } from '../../core/cluster-types.ts'
import { JOB_STATUSES, RUN_STATUSES } from '../../core/transitions.ts'
import { JOB_KINDS, type JobKind } from '../../workloads/index.ts'
import { upgradeEvidence } from '../earlier-documents.ts'
import { Rate, Timestamp } from './common.ts'
import { RateSummary, Summary, Verdict } from './comparison.ts'
import { Signature } from './evidence-signature.ts'
import { STEP_STATUSES } from './run.ts'
import { KNOWN_JOB_PARAMS, ReportedResult, Work } from './workload.ts'

export const EVIDENCE_SCHEMA = 'radix.evidence/v2'

const Fact = z.string().nullable()
const Seconds = z.number().nonnegative()

const EvidenceError = z.object({ code: z.string(), title: z.string(), why: z.string(), fix: z.string() })

const Environment = z.object({
  machine: z
    .object({
      machine_id: z.string(),
      provider: z.string(),
      instance_type: Fact,
      region: Fact,
      zone: Fact,
      image_id: Fact,
      host_key: z.string().optional().describe('provider ssh: the fingerprint of the key of the host'),
      launched_at: Timestamp.nullable(),
      running_at: Timestamp.nullable(),
    })
    .nullable(),
  cluster: z
    .object({
      cluster_id: z.string(),
      name: z.string(),
      type: z.enum(CLUSTER_TYPES),
      agent_version: Fact,
      capabilities: z.record(z.string(), z.unknown()).nullable().describe('as the agent reported them'),
    })
    .nullable(),
  gpus: z.array(
    z.object({
      uuid: Fact,
      name: Fact,
      memory_total_bytes: z.number().nullable(),
      driver_version: Fact,
      vbios_version: Fact,
      compute_capability: Fact,
      power_limit_watts: z.number().nullable(),
    }),
  ),
  device: z
    .object({ type: z.string(), name: z.string(), uuid: Fact })
    .nullable()
    .describe('what the first trial ran on'),
  software: z.record(z.string(), z.unknown()).nullable().describe('as the workload of the first trial reported it'),
  radix: z.object({ version: z.string(), commit: Fact }),
})

const StepSeconds = z.object({
  count: z.number().int().positive(),
  mean: Seconds,
  standard_deviation: Seconds.nullable(),
  minimum: Seconds,
  median: Seconds,
  p95: Seconds,
  p99: Seconds,
  maximum: Seconds,
  drift_relative: z.number().nullable().describe('last quarter of the steps against the first; null under 20 steps'),
})

const TrialResult = z.object({
  throughput: Rate,
  work: Work.describe('within the timed window'),
  duration_seconds: z.number().positive().describe('of the workload, as measured by the workload'),
  timed_seconds: z.number().positive().describe('the timed window, without the warm-up'),
  timed_window: z.object({ started_at: Timestamp, finished_at: Timestamp }).nullable(),
  warmup: z.object({ steps: z.number().int(), seconds: z.number() }),
  step_seconds: StepSeconds.nullable(),
  loss: z.object({ first: z.number(), last: z.number() }).nullable().describe('null where nothing is trained'),
  device: z.object({ type: z.string(), name: z.string(), uuid: Fact }),
  workload: z.object({ name: z.string(), version: z.string() }),
  recipe: z.string().nullable().describe('null where the workload has none'),
  precision: z.record(z.string(), z.unknown()),
  software: z.record(z.string(), z.unknown()),
  parameters: z.record(z.string(), z.unknown()),
})
export type TrialResult = z.infer<typeof TrialResult>

const Trial = z.object({
  trial: z.number().int(),
  job_id: z.string(),
  job_status: z.enum(JOB_STATUSES),
  error: z.object({ code: Fact, message: Fact }).nullable(),
  result: TrialResult.nullable(),
  reported: ReportedResult.nullish().describe('all that an earlier agent reported, in place of a result'),
  files: z.array(z.string()).describe('raw files beside this one'),
})
export type Trial = z.infer<typeof Trial>

const Range = z.object({ minimum: z.number(), mean: z.number(), maximum: z.number() }).nullable()
const GpuTelemetry = z.object({
  gpu_uuid: z.string(),
  window: z.enum(['timed', 'job']).describe('the timed window, or the whole job where its times are not known'),
  window_seconds: Seconds,
  samples: z.number().int(),
  covered_seconds: Seconds.describe('how much of the window the samples cover'),
  utilization_percent: Range,
  memory_used_bytes: Range,
  power_watts: Range,
  temperature_celsius: Range,
  clock_sm_mhz: Range,
  clock_memory_mhz: Range,
  throttle_seconds: z.record(z.string(), Seconds).describe('by reason'),
  ecc_uncorrected_errors: z.object({ before: z.number(), during: z.number() }).nullable(),
  xids: z
    .array(z.number().int())
    .nullable()
    .describe('null: not known, as where the agent cannot read the log of the kernel'),
})
export type GpuTelemetry = z.infer<typeof GpuTelemetry>

const Request = z.object({
  provider: z.string(),
  cluster_name: z.string(),
  trials: z.number().int(),
  ttl_minutes: z.number(),
  api_base: z.string(),
})
/** With the parameters of its job kind. */
const requestOf = <Kind extends JobKind>(kind: Kind) =>
  Request.extend({ job_kind: z.literal(kind), parameters: KNOWN_JOB_PARAMS[kind] })
const RequestOfKind = z.discriminatedUnion(
  'job_kind',
  JOB_KINDS.map(requestOf) as [ReturnType<typeof requestOf<JobKind>>],
)

const EvidenceV2 = z.object({
  schema: z.literal(EVIDENCE_SCHEMA),
  run_id: z.string(),
  status: z.enum(RUN_STATUSES),
  error: EvidenceError.nullable(),
  started_at: Timestamp,
  finished_at: Timestamp.describe('when this document was written'),
  deadline_at: Timestamp,
  request: RequestOfKind,
  environment: Environment,
  results: z.object({
    throughput: RateSummary.nullable(),
    duration_seconds: Summary.nullable(),
    timed_seconds: Seconds.describe('of all trials together'),
    measured_share: z.number().nullable().describe('timed_seconds divided by the length of the run'),
    trials: z.array(Trial),
  }),
  gpu_telemetry: z.array(GpuTelemetry),
  phases: z.array(
    z.object({
      name: z.string(),
      status: z.enum(STEP_STATUSES),
      offset_seconds: z.number().nullable().describe('from the start of the run'),
      duration_seconds: z.number().nullable(),
    }),
  ),
  cost: z
    .object({
      price_per_hour_usd: z.number(),
      price_source: z.string(),
      billed_seconds: Seconds.describe('from launch to confirmed termination, at least a minute'),
      machine_usd: z.number(),
      worst_case_usd: z.number().describe('if the run had lasted until its deadline'),
      work_per_usd: z.number().nullable(),
      complete: z.boolean().describe('false while the termination of the machine is not confirmed: it may cost more'),
    })
    .nullable(),
  launch_attempts: z.array(
    z.object({
      client_token: z.string(),
      instance_type: Fact,
      market: Fact,
      region: Fact,
      zone: Fact,
      at: Timestamp,
      outcome: z.enum(['launched', 'failed', 'unknown']),
      message: Fact,
    }),
  ),
  termination: z.object({
    state: z.enum(['confirmed', 'unconfirmed', 'not_needed']),
    machine_id: Fact,
    requested_at: Timestamp.nullable(),
    confirmed_at: Timestamp.nullable(),
    proof: z.string(),
  }),
  verdict: Verdict,
  reproduce: z.object({ command: z.string() }),
  omitted: z.array(z.object({ what: z.string(), why: z.string() })).describe('values that are not available'),
  signature: Signature.optional().describe('of everything else; evidence of an earlier Radix has none'),
})
/** Evidence of an earlier version is read as one of today. */
export const Evidence = z.preprocess(upgradeEvidence, EvidenceV2)
export type Evidence = z.infer<typeof Evidence>

/**
 * Evidence as it is stored and read back, including unknown members, because the signature covers them all. A document
 * of this name whose members do not fit `Evidence` is kept too, but nothing is derived from it.
 */
export const EvidenceDocument = z.looseObject({ schema: z.enum([EVIDENCE_SCHEMA, 'radix.evidence/v1']) })
export type EvidenceDocument = z.infer<typeof EvidenceDocument>

/** For `docs/evidence.schema.json`. Unknown members are allowed everywhere, as they are to a reader of v2. */
export function evidenceJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(EvidenceV2, {
    io: 'output',
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
    },
  })
  return { ...schema, title: EVIDENCE_SCHEMA }
}
