/** Student's t with location and scale. The standard one is in `src/core/statistics.ts`. Pure. */
import { studentTProbability, studentTQuantile } from '../../core/statistics.ts'

export interface StudentT {
  degreesOfFreedom: number
  location: number
  scale: number
}

/** P(T ≤ x). */
export function probabilityBelow({ degreesOfFreedom, location, scale }: StudentT, x: number): number {
  return studentTProbability((x - location) / scale, degreesOfFreedom)
}

/** The x with P(T ≤ x) = `probability`, for 0 < `probability` < 1. */
export function quantileOf({ degreesOfFreedom, location, scale }: StudentT, probability: number): number {
  return location + scale * studentTQuantile(probability, degreesOfFreedom)
}
