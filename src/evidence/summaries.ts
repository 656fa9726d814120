/** The summary numbers of the evidence: over the steps of a trial, and over the trials of a run. Pure. */
import type { Summary } from '../contract/schemas/comparison.ts'
import type { TrialResult } from '../contract/schemas/evidence.ts'
import { confidenceInterval, mean, quantile, sampleStandardDeviation } from '../core/statistics.ts'

const STEPS_FOR_DRIFT = 20

/** Null when there are no values. */
export function summarise(values: readonly number[]): Summary | null {
  if (values.length === 0) return null
  const centre = mean(values)
  const deviation = sampleStandardDeviation(values)
  const interval = confidenceInterval(values)
  return {
    n: values.length,
    mean: centre,
    standard_deviation: deviation,
    coefficient_of_variation: deviation === null ? null : deviation / centre,
    confidence_interval_95: interval && {
      low: interval.low,
      high: interval.high,
      half_width: interval.halfWidth,
      half_width_relative: interval.halfWidth / centre,
    },
    note: interval ? null : 'one trial gives no interval: repeat with `--trials 5`',
  }
}

/** Null when the workload reported no steps. */
export function summariseSteps(seconds: readonly number[]): TrialResult['step_seconds'] {
  if (seconds.length === 0) return null
  return {
    count: seconds.length,
    mean: mean(seconds),
    standard_deviation: sampleStandardDeviation(seconds),
    minimum: quantile(seconds, 0),
    median: quantile(seconds, 0.5),
    p95: quantile(seconds, 0.95),
    p99: quantile(seconds, 0.99),
    maximum: quantile(seconds, 1),
    drift_relative: drift(seconds),
  }
}

/** Medians, so that one slow step does not look like a trend. */
function drift(seconds: readonly number[]): number | null {
  if (seconds.length < STEPS_FOR_DRIFT) return null
  const quarter = Math.floor(seconds.length / 4)
  const first = quantile(seconds.slice(0, quarter), 0.5)
  const last = quantile(seconds.slice(-quarter), 0.5)
  return first > 0 ? last / first - 1 : null
}
