/**
 * The relative change of throughput between two sets of trials. Ratios matter, so Welch's t-test uses the logarithms:
 * the result does not depend on the unit, and swapping the sides turns a fall into the gain that undoes it. Pure.
 */
import type { Change } from '../../contract/schemas/comparison.ts'
import { mean, type Spread, sampleStandardDeviation, welchTest } from '../../core/statistics.ts'

export function measureChange(baseline: readonly number[], candidate: readonly number[]): Change {
  const [first, second] = [baseline.map(Math.log), candidate.map(Math.log)]
  const test = welchTest(first, second)
  return {
    relative: Math.expm1(mean(second) - mean(first)),
    interval: test && { low: Math.expm1(test.interval.low), high: Math.expm1(test.interval.high) },
    p_value: test?.pValue ?? null,
  }
}

/** Of the logarithms: the relative spread. Null for a single trial. */
export function measureSpread(throughputs: readonly number[]): Spread | null {
  const deviation = sampleStandardDeviation(throughputs.map(Math.log))
  return deviation === null ? null : { deviation, count: throughputs.length }
}
