/** What the dashboard shows of `radix.evidence/v1`; docs/evidence.schema.json has all of it. */
import { z } from 'zod'
import { Summary, Verdict } from '../../../src/contract/schemas/comparison.ts'

const Trial = z.object({
  trial: z.number(),
  job_id: z.string(),
  job_status: z.string(),
  error: z.object({ code: z.string().nullable(), message: z.string().nullable() }).nullable(),
  result: z
    .object({
      throughput_images_per_sec: z.number(),
      duration_seconds: z.number(),
      timed_seconds: z.number(),
      step_seconds: z.object({ median: z.number(), p99: z.number() }).nullable(),
      device: z.object({ name: z.string() }),
    })
    .nullable(),
})
export type Trial = z.infer<typeof Trial>

const Range = z.object({ minimum: z.number(), mean: z.number(), maximum: z.number() }).nullable()
const GpuTelemetry = z.object({
  gpu_uuid: z.string(),
  window: z.enum(['timed', 'job']),
  window_seconds: z.number(),
  samples: z.number(),
  covered_seconds: z.number(),
  utilization_percent: Range,
  memory_used_bytes: Range,
  power_watts: Range,
  temperature_celsius: Range,
  clock_sm_mhz: Range,
  clock_memory_mhz: Range,
  throttle_seconds: z.record(z.string(), z.number()),
  ecc_uncorrected_errors: z.object({ before: z.number(), during: z.number() }).nullable(),
  xids: z.array(z.number()).nullable(),
})
export type GpuTelemetry = z.infer<typeof GpuTelemetry>

const Evidence = z.object({
  error: z.object({ code: z.string(), title: z.string(), why: z.string(), fix: z.string() }).nullable(),
  environment: z.object({
    gpus: z.array(z.object({ uuid: z.string().nullable(), name: z.string().nullable() })),
    machine: z
      .object({ instance_type: z.string().nullable(), region: z.string().nullable(), image_id: z.string().nullable() })
      .nullable(),
    software: z.record(z.string(), z.unknown()).nullable(),
    radix: z.object({ version: z.string(), commit: z.string().nullable() }),
  }),
  gpu_telemetry: z.array(GpuTelemetry),
  results: z.object({
    throughput_images_per_sec: Summary.nullable(),
    duration_seconds: Summary.nullable(),
    trials: z.array(Trial),
  }),
  cost: z
    .object({
      price_per_hour_usd: z.number(),
      price_source: z.string(),
      billed_seconds: z.number(),
      machine_usd: z.number(),
      images_per_usd: z.number().nullable(),
      complete: z.boolean(),
    })
    .nullable(),
  termination: z.object({
    state: z.enum(['confirmed', 'unconfirmed', 'not_needed']),
    machine_id: z.string().nullable(),
    confirmed_at: z.string().nullable(),
    proof: z.string(),
  }),
  verdict: Verdict,
  reproduce: z.object({ command: z.string() }),
})
export type Evidence = z.infer<typeof Evidence>

/** Null for a document of another shape: it can be downloaded, and not be shown. */
export function parseEvidence(document: unknown): Evidence | null {
  return Evidence.safeParse(document).data ?? null
}
