/** Comparisons between runs: side by side (`radix.comparison/v2`), and over time. */
import { z } from 'zod'
import { Measurement } from './baseline.ts'
import { Timestamp, Unit } from './common.ts'

export const VERDICT_LEVELS = ['valid', 'suspect', 'invalid'] as const
export const REASON_LEVELS = ['note', 'suspect', 'invalid'] as const

/** Over the trials that have a result. */
export const Summary = z.object({
  n: z.number().int().positive(),
  mean: z.number(),
  standard_deviation: z.number().nullable(),
  coefficient_of_variation: z.number().nullable().describe('standard deviation over mean'),
  confidence_interval_95: z
    .object({ low: z.number(), high: z.number(), half_width: z.number(), half_width_relative: z.number() })
    .nullable()
    .describe("Student's t, of the mean"),
  note: z.string().nullable().describe('why there is no interval, where there is none'),
})
export type Summary = z.infer<typeof Summary>

/** Of a rate: the mean, the deviation and the interval are in its unit. */
export const RateSummary = Summary.extend({ unit: Unit })
export type RateSummary = z.infer<typeof RateSummary>

export const Reason = z.object({ code: z.string(), level: z.enum(REASON_LEVELS), message: z.string() })
export type Reason = z.infer<typeof Reason>
export const Verdict = z.object({ level: z.enum(VERDICT_LEVELS), reasons: z.array(Reason) })
export type Verdict = z.infer<typeof Verdict>

export const ComparedRun = z.object({
  label: z.string().describe('A, B, …'),
  measurement: Measurement,
  throughput: RateSummary,
  duration_seconds: z.number().nullable(),
  price_per_hour_usd: z.number().nullable(),
  work_per_usd: z.number().nullable(),
  verdict: Verdict,
})
export type ComparedRun = z.infer<typeof ComparedRun>

/** Shares, not percent: −0.05 is a fall of 5 %. */
export const Change = z.object({
  relative: z
    .number()
    .describe(
      'relative change of the geometric means; for trials on one machine it equals that of the means in the digits shown',
    ),
  interval: z
    .object({ low: z.number(), high: z.number() })
    .nullable()
    .describe('95 %; null where one side has a single trial'),
  p_value: z.number().nullable().describe('two-sided; null where one side has a single trial'),
})
export type Change = z.infer<typeof Change>

export const Difference = z.object({ name: z.string(), first: z.string().nullable(), second: z.string().nullable() })
export type Difference = z.infer<typeof Difference>

export const ComparedChange = z
  .object({
    label: z.string(),
    change: Change.nullable().describe(
      'null for different machine types, and for a CPU, whose number only proves the flow',
    ),
    other_machine: z.array(z.string()).describe('how the machines differ'),
    differences: z.array(Difference).describe('differences in the environment of the measurement'),
  })
  .describe('change of a run against the first')
export type ComparedChange = z.infer<typeof ComparedChange>

export const Comparison = z
  .object({
    schema: z.literal('radix.comparison/v2'),
    runs: z.array(ComparedRun),
    changes: z.array(ComparedChange),
  })
  .meta({ id: 'Comparison' })
export type Comparison = z.infer<typeof Comparison>

/** One run of a series. */
export const TrendPoint = z.object({
  run_id: z.string(),
  measured_at: Timestamp,
  trials: z.number().int(),
  throughput: z.number().describe('mean over the trials, in the unit of the series'),
  interval: z.object({ low: z.number(), high: z.number() }).nullable().describe('95 %; null for a single trial'),
  work_per_usd: z.number().nullable(),
  verdict: z.enum(VERDICT_LEVELS),
})
export type TrendPoint = z.infer<typeof TrendPoint>

/** Runs with the same measurement on the same machine type; the newest ones, oldest first. */
export const TrendSeries = z
  .object({
    series_id: z.string().describe('the same for all runs of one measurement on one machine type'),
    instance_type: z.string().nullable(),
    device_name: z.string(),
    device_type: z.string(),
    job_kind: z.string(),
    workload: z.object({ name: z.string(), version: z.string() }),
    recipe: z.string().nullable(),
    precision: z.record(z.string(), z.unknown()).describe('as the workload reported it'),
    parameters: z.record(z.string(), z.union([z.number(), z.string()])),
    run_count: z.number().int().describe('all runs, including those that are not in `points`'),
    throughput: z
      .object({
        unit: Unit,
        mean: z.number(),
        low: z.number().nullable(),
        high: z.number().nullable(),
      })
      .describe('over the runs in `points`, with the 95 % interval between runs where there are two or more'),
    work_per_usd: z
      .number()
      .nullable()
      .describe('of the newest run in `points` that has a price: prices of different markets have no mean'),
    points: z.array(TrendPoint),
  })
  .meta({ id: 'TrendSeries' })
export type TrendSeries = z.infer<typeof TrendSeries>
