/** What the dashboard shows of `radix.evidence/v1`; docs/evidence.schema.json has all of it. */
import { z } from 'zod'

const Summary = z.object({
  n: z.number(),
  mean: z.number(),
  coefficient_of_variation: z.number().nullable(),
  confidence_interval_95: z
    .object({ low: z.number(), high: z.number(), half_width: z.number(), half_width_relative: z.number() })
    .nullable(),
  note: z.string().nullable(),
})

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

const Evidence = z.object({
  error: z.object({ code: z.string(), title: z.string(), why: z.string(), fix: z.string() }).nullable(),
  results: z.object({ throughput_images_per_sec: Summary.nullable(), trials: z.array(Trial) }),
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
  verdict: z.object({
    level: z.enum(['valid', 'suspect', 'invalid']),
    reasons: z.array(
      z.object({ code: z.string(), level: z.enum(['note', 'suspect', 'invalid']), message: z.string() }),
    ),
  }),
  reproduce: z.object({ command: z.string() }),
})
export type Evidence = z.infer<typeof Evidence>

/** Null for a document of another shape: it can be downloaded, and not be shown. */
export function parseEvidence(document: unknown): Evidence | null {
  return Evidence.safeParse(document).data ?? null
}
