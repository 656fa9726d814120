/** Whether the newest run of a series is slower than the earlier ones let expect. Pure. */
import { mean, sampleStandardDeviation, studentTQuantile } from '../../core/statistics.ts'

export interface Regression {
  /** Of the earlier runs. */
  mean: number
  /** The least that a further run of the same kind would have with this probability. */
  expectedAtLeast: number
  earlierRuns: number
  changePercent: number
}

/** With fewer, the spread between runs is hardly known. */
const LEAST_EARLIER_RUNS = 5
/** Of a hundred unchanged series, at most half a one is called slower by chance. */
const CONFIDENCE = 0.995
/** A smaller drop does not matter, however certain. */
const LEAST_DROP_PERCENT = 2

/**
 * `throughputs`: oldest first; more is better. The spread is that between runs, so it includes the difference between
 * machines of one type. Undefined where the run before was as slow: a regression is told once.
 */
export function findRegression(throughputs: readonly number[]): Regression | undefined {
  const [found, before] = [judgeLast(throughputs), judgeLast(throughputs.slice(0, -1))]
  return before === undefined ? found : undefined
}

/** A one-sided prediction interval by Student's t for one further value (Hahn, 1969). */
function judgeLast(throughputs: readonly number[]): Regression | undefined {
  const earlier = throughputs.slice(0, -1)
  const newest = throughputs.at(-1)
  const deviation = sampleStandardDeviation(earlier)
  if (newest === undefined || deviation === null || earlier.length < LEAST_EARLIER_RUNS) return undefined
  const centre = mean(earlier)
  const t = studentTQuantile(CONFIDENCE, earlier.length - 1)
  const expectedAtLeast = centre - t * deviation * Math.sqrt(1 + 1 / earlier.length)
  const changePercent = (newest / centre - 1) * 100
  if (newest >= expectedAtLeast || changePercent > -LEAST_DROP_PERCENT) return undefined
  return { mean: centre, expectedAtLeast, earlierRuns: earlier.length, changePercent }
}
