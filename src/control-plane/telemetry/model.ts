/**
 * Estimates from observations, for a job on each GPU type: runtime, uncertainty, chance of success, and chance of being
 * the fastest. Pure and deterministic. docs/API.md has the formulas and their sources.
 */
import { buildColumns, type Column, type JobDescription, toRow } from './design.ts'
import { add, diagonal, invert, type Matrix, multiply } from './matrix.ts'
import { predict, priorBelief, type Sample, updateBelief } from './regression.ts'
import { probabilityBelow, quantileOf, type StudentT } from './student-t.ts'

export interface Observation extends JobDescription {
  gpuType: string
  /** Seconds, above 0. */
  runtime: number
  success: boolean
}

export interface Estimate {
  /** The log of the runtime of the next successful job; null where none has succeeded yet. */
  logRuntime: StudentT | null
  successProbability: number
  observationCount: number
}

/** Jobs of one kind differ by some 10 % from run to run before any data say otherwise: σ² ~ IG(1, 0.01). */
const NOISE_SHAPE = 1
const NOISE_RATE = 0.01
/** The intercept is unknown; slopes are within some ±10σ, and those of another GPU type within some ±5σ of each other. */
const INTERCEPT_PRECISION = 1e-6
const SLOPE_PRECISION = 1 / 100
const SLOPE_VARIANCE_BETWEEN_GPU_TYPES = 25
/** Jeffreys' prior of a Bernoulli probability, Beta(½, ½). */
const SUCCESS_PRIOR = 0.5
const INTEGRATION_CELLS = 128
/** sinh(7) is some 500 scales away from the centre. */
const INTEGRATION_REACH = 7
/** Runtimes are kept between 1e-300 and 1e300 seconds, the range of JSON numbers. */
const LOG_RUNTIME_LIMIT = 300 * Math.LN10

/**
 * The estimate for `asked` on `gpuType`; null where that GPU type was never observed. `own` are its observations; `pool`
 * those of the same job type on any GPU types, from which it borrows slopes, never the level.
 */
export function estimate(
  asked: JobDescription,
  gpuType: string,
  own: readonly Observation[],
  pool: readonly Observation[],
): Estimate | null {
  if (own.length === 0) return null
  const successes = own.filter(({ success }) => success)
  const successProbability = (successes.length + SUCCESS_PRIOR) / (own.length + 2 * SUCCESS_PRIOR)
  const others = pool.filter((observation) => observation.success && observation.gpuType !== gpuType)
  const logRuntime = successes.length === 0 ? null : predictLogRuntime(asked, successes, others)
  return { logRuntime, successProbability, observationCount: own.length }
}

/** The median: the mean of exp(T) is infinite for every Student's t. Seconds. */
export function medianRuntime(logRuntime: StudentT): number {
  return toRuntime(logRuntime.location)
}

/** The interval that holds the next runtime with probability `coverage`, with equal tails. Seconds. */
export function runtimeInterval(logRuntime: StudentT, coverage: number): { low: number; high: number } {
  return {
    low: toRuntime(quantileOf(logRuntime, (1 - coverage) / 2)),
    high: toRuntime(quantileOf(logRuntime, (1 + coverage) / 2)),
  }
}

/**
 * For each candidate the probability that its next draw is the smallest: ∫ Π_{j≠i} P(T_j > t) dF_i(t), by the midpoint
 * rule over cells that are dense around the centre of T_i and reach far into its tails. They sum to 1.
 */
export function probabilitiesOfSmallest(candidates: readonly StudentT[]): number[] {
  const raw = candidates.map((candidate, i) =>
    cells(candidate).reduce((sum, { middle, mass }) => {
      const allOthersAbove = candidates.reduce(
        (product, other, j) => (j === i ? product : product * (1 - probabilityBelow(other, middle))),
        1,
      )
      return sum + mass * allOthersAbove
    }, 0),
  )
  const total = raw.reduce((sum, probability) => sum + probability, 0)
  return raw.map((probability) => probability / total)
}

/** The distribution in cells whose edges are a hyperbolic sine of equal steps; the outer two reach to infinity. */
function cells(distribution: StudentT): { middle: number; mass: number }[] {
  const at = (step: number) => {
    const reach = (2 * step) / INTEGRATION_CELLS - 1
    return distribution.location + distribution.scale * Math.sinh(reach * INTEGRATION_REACH)
  }
  let below = 0
  return Array.from({ length: INTEGRATION_CELLS }, (_, cell) => {
    const upTo = cell === INTEGRATION_CELLS - 1 ? 1 : probabilityBelow(distribution, at(cell + 1))
    const mass = upTo - below
    below = upTo
    return { middle: at(cell + 0.5), mass }
  })
}

function predictLogRuntime(
  asked: JobDescription,
  own: readonly Observation[],
  others: readonly Observation[],
): StudentT {
  const columns = buildColumns(asked, [...own, ...others])
  const slopes = borrowSlopes(columns, others)
  const precision = bordered(INTERCEPT_PRECISION, slopes.precision)
  const prior = priorBelief([0, ...slopes.mean], precision, NOISE_SHAPE, NOISE_RATE)
  const posterior = updateBelief(prior, toSamples(columns, own))
  return predict(posterior, [1, ...columns.map(() => 0)])
}

/**
 * The prior of the slopes, learned from the other GPU types (empirical Bayes): each compared with itself only, so that
 * how fast it is says nothing, and widened by how much slopes differ between GPU types.
 */
function borrowSlopes(
  columns: readonly Column[],
  others: readonly Observation[],
): { mean: number[]; precision: Matrix } {
  const base = diagonal(columns.map(() => SLOPE_PRECISION))
  const priorSlopes = columns.map(({ priorSlope }) => priorSlope)
  const groups = [...Map.groupBy(others, ({ gpuType }) => gpuType).values()]
  const centred = groups.flatMap((group) => centre(toSamples(columns, group)))
  const pooled = updateBelief(priorBelief(priorSlopes, base, NOISE_SHAPE, NOISE_RATE), centred)
  const covariance = invert(pooled.precision)
  const between = diagonal(columns.map(() => SLOPE_VARIANCE_BETWEEN_GPU_TYPES))
  return { mean: multiply(covariance, pooled.weightedMean), precision: invert(add(covariance, between)) }
}

/** Without the intercept, and around the group's own mean: what differs within a GPU type. */
function centre(samples: readonly Sample[]): Sample[] {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const means = (samples[0]?.x ?? []).map((_, column) => mean(samples.map(({ x }) => x[column] ?? 0)))
  const meanY = mean(samples.map(({ y }) => y))
  return samples.map(({ x, y }) => ({ x: x.map((value, i) => value - (means[i] ?? 0)).slice(1), y: y - meanY }))
}

function toSamples(columns: readonly Column[], observations: readonly Observation[]): Sample[] {
  return observations.map((observation) => ({ x: toRow(columns, observation), y: Math.log(observation.runtime) }))
}

function bordered(corner: number, block: Matrix): number[][] {
  return [[corner, ...block.map(() => 0)], ...block.map((row) => [0, ...row])]
}

function toRuntime(logRuntime: number): number {
  return Math.exp(Math.min(LOG_RUNTIME_LIMIT, Math.max(-LOG_RUNTIME_LIMIT, logRuntime)))
}
