/**
 * Bayesian linear regression with the conjugate Normal–Inverse-Gamma prior, in closed form. Pure.
 *
 *   y = xᵀβ + ε,  ε ~ N(0, σ²),  β | σ² ~ N(m, σ²·Λ⁻¹),  σ² ~ IG(a, b)
 *
 * A belief is kept in its natural parameters, which data only ever add to: so the order of observations and how they are
 * split into batches cannot matter. Source: Murphy, "Machine Learning: A Probabilistic Perspective" (2012), §7.6.3.
 */
import { cholesky, dot, type Matrix, multiply, solveCholesky, type Vector } from './matrix.ts'
import type { StudentT } from './student-t.ts'

export interface Belief {
  /** Λ. */
  precision: Matrix
  /** Λ·m. */
  weightedMean: Vector
  /** a. */
  shape: number
  /** 2b + mᵀΛm. */
  squares: number
  /** b of the prior: data can only raise it, which guards b against rounding. */
  rateFloor: number
}

export interface Sample {
  x: Vector
  y: number
}

/** The belief before any data. */
export function priorBelief(mean: Vector, precision: Matrix, shape: number, rate: number): Belief {
  const weightedMean = multiply(precision, mean)
  return { precision, weightedMean, shape, squares: 2 * rate + dot(mean, weightedMean), rateFloor: rate }
}

/** The belief after `samples`. */
export function updateBelief(belief: Belief, samples: readonly Sample[]): Belief {
  const size = belief.weightedMean.length
  // Flat, and its lower triangle only: this loop is where a score spends its time.
  const added = new Float64Array(size * size)
  const weightedMean = belief.weightedMean.slice()
  let { squares } = belief
  for (const { x, y } of samples) {
    for (let i = 0; i < size; i++) {
      const value = x[i] ?? 0
      // Most columns are indicators: zero adds nothing.
      if (value === 0) continue
      const row = i * size
      for (let j = 0; j <= i; j++) added[row + j] = (added[row + j] ?? 0) + value * (x[j] ?? 0)
      weightedMean[i] = (weightedMean[i] ?? 0) + value * y
    }
    squares += y * y
  }
  const precision = belief.precision.map((row, i) =>
    row.map((value, j) => value + (added[Math.max(i, j) * size + Math.min(i, j)] ?? 0)),
  )
  return { ...belief, precision, weightedMean, shape: belief.shape + samples.length / 2, squares }
}

/** Where the next y at `x` will fall: Student's t with 2a degrees of freedom. */
export function predict(belief: Belief, x: Vector): StudentT {
  const lower = cholesky(belief.precision)
  const mean = solveCholesky(lower, belief.weightedMean)
  const rate = Math.max(belief.rateFloor, (belief.squares - dot(mean, belief.weightedMean)) / 2)
  const leverage = Math.max(0, dot(x, solveCholesky(lower, x)))
  return {
    degreesOfFreedom: 2 * belief.shape,
    location: dot(mean, x),
    scale: Math.sqrt((rate / belief.shape) * (1 + leverage)),
  }
}
