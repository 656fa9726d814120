/**
 * The statistics of repeated measurements. Sums come from simple-statistics; Student's t quantile is written here,
 * because no well-kept library has it: the regularised incomplete beta function, inverted by bisection.
 */
import {
  gammaln,
  mean as libraryMean,
  sampleStandardDeviation as librarySampleStandardDeviation,
} from 'simple-statistics'

export interface ConfidenceInterval {
  low: number
  high: number
  halfWidth: number
}

/** Throws for an empty list: there is no mean of nothing. */
export function mean(values: readonly number[]): number {
  return libraryMean([...values])
}

/** With n − 1 in the denominator; null for fewer than two values. */
export function sampleStandardDeviation(values: readonly number[]): number | null {
  return values.length < 2 ? null : librarySampleStandardDeviation([...values])
}

/** Linear between the order statistics (the default of R and NumPy), for 0 ≤ `probability` ≤ 1. Throws for an empty list. */
export function quantile(values: readonly number[], probability: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const position = (sorted.length - 1) * probability
  const below = sorted[Math.floor(position)]
  const above = sorted[Math.ceil(position)]
  if (below === undefined || above === undefined) throw new RangeError(`no quantile ${probability} of ${values.length}`)
  return below + (above - below) * (position - Math.floor(position))
}

/** Of the mean, by Student's t: assumes that the values are independent and roughly normal. Null for fewer than two. */
export function confidenceInterval(values: readonly number[], level = 0.95): ConfidenceInterval | null {
  const deviation = sampleStandardDeviation(values)
  if (deviation === null) return null
  const centre = mean(values)
  const t = studentTQuantile(0.5 + level / 2, values.length - 1)
  const halfWidth = (t * deviation) / Math.sqrt(values.length)
  return { low: centre - halfWidth, high: centre + halfWidth, halfWidth }
}

/** What two samples say of the difference of their means, second less first. */
export interface WelchTest {
  difference: number
  interval: ConfidenceInterval
  degreesOfFreedom: number
  /** Two-sided: how often equal means would give a difference this large by chance. */
  pValue: number
}

/**
 * Welch's t-test (Biometrika 34, 1947): the spreads may differ, and so may the sizes. Assumes that the values are
 * independent and roughly normal. Null where either side has fewer than two: its spread is not known.
 */
export function welchTest(first: readonly number[], second: readonly number[], level = 0.95): WelchTest | null {
  const deviations = [sampleStandardDeviation(first), sampleStandardDeviation(second)] as const
  if (deviations[0] === null || deviations[1] === null) return null
  const difference = mean(second) - mean(first)
  const spreads = [
    { deviation: deviations[0], count: first.length },
    { deviation: deviations[1], count: second.length },
  ] as const
  const { standardError, degreesOfFreedom } = welchStandardError(...spreads)
  const halfWidth = studentTQuantile(0.5 + level / 2, degreesOfFreedom) * standardError
  return {
    difference,
    interval: { low: difference - halfWidth, high: difference + halfWidth, halfWidth },
    degreesOfFreedom,
    pValue: welchPValue(difference, ...spreads),
  }
}

/** What `welchTest` would say of this difference between the means of samples of these sizes and spreads. */
export function welchPValue(difference: number, first: Spread, second: Spread): number {
  const { standardError, degreesOfFreedom } = welchStandardError(first, second)
  // Without any spread, every difference is certain, and none is none.
  const t = difference === 0 ? 0 : Math.abs(difference) / standardError
  return 2 * studentTProbability(-t, degreesOfFreedom)
}

export interface Spread {
  /** Sample standard deviation. */
  deviation: number
  count: number
}

/** The degrees of freedom by Welch and Satterthwaite; the pooled ones where there is no spread to weigh them by. */
function welchStandardError(first: Spread, second: Spread): { standardError: number; degreesOfFreedom: number } {
  const [a, b] = [first.deviation ** 2 / first.count, second.deviation ** 2 / second.count]
  const degreesOfFreedom = (a + b) ** 2 / (a ** 2 / (first.count - 1) + b ** 2 / (second.count - 1))
  return {
    standardError: Math.sqrt(a + b),
    degreesOfFreedom: Number.isFinite(degreesOfFreedom) ? degreesOfFreedom : first.count + second.count - 2,
  }
}

/** The value that a Student's t variable stays below with this probability, for 0 < `probability` < 1. */
export function studentTQuantile(probability: number, degreesOfFreedom: number): number {
  if (!(probability > 0 && probability < 1 && degreesOfFreedom > 0)) {
    throw new RangeError(`no t quantile ${probability} for ${degreesOfFreedom} degrees of freedom`)
  }
  if (probability < 0.5) return -studentTQuantile(1 - probability, degreesOfFreedom)
  let low = 0
  let high = 1
  while (studentTProbability(high, degreesOfFreedom) < probability) high *= 2
  // Bisection to the last bit: it cannot diverge, and takes some sixty cheap rounds.
  for (;;) {
    const middle = (low + high) / 2
    if (middle <= low || middle >= high) return middle
    if (studentTProbability(middle, degreesOfFreedom) < probability) low = middle
    else high = middle
  }
}

/** The probability that a Student's t variable stays below `t`. */
export function studentTProbability(t: number, degreesOfFreedom: number): number {
  const total = degreesOfFreedom + t * t
  const tail = incompleteBeta(degreesOfFreedom / total, (t * t) / total, degreesOfFreedom / 2, 0.5) / 2
  return t < 0 ? tail : 1 - tail
}

/** The regularised incomplete beta function I_x(a, b). `y` is 1 - x, which near 1 `x` itself no longer tells. */
function incompleteBeta(x: number, y: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (y <= 0) return 1
  const front = Math.exp(gammaln(a + b) - gammaln(a) - gammaln(b) + a * Math.log(x) + b * Math.log(y))
  // The fraction converges fast only on this side of the mean; the other side is its mirror.
  return x < (a + 1) / (a + b + 2) ? (front * betaFraction(x, a, b)) / a : 1 - (front * betaFraction(y, b, a)) / b
}

/** The continued fraction of the incomplete beta function by Lentz's method (Abramowitz and Stegun 26.5.8). */
function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300
  const keep = (value: number) => (Math.abs(value) < tiny ? tiny : value)
  let c = 1
  let d = 1 / keep(1 - ((a + b) * x) / (a + 1))
  let result = d
  for (let m = 1; m <= 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / keep(1 + even * d)
    c = keep(1 + even / c)
    result *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / keep(1 + odd * d)
    c = keep(1 + odd / c)
    result *= d * c
    if (Math.abs(d * c - 1) < 1e-15) break
  }
  return result
}
