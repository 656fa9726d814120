import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../core/seeded-random.ts'
import type { Features, JobDescription } from './design.ts'
import { estimate, medianRuntime, type Observation, probabilitiesOfSmallest, runtimeInterval } from './model.ts'

const asked = (features: Features = {}): JobDescription => ({ features, colocatedJobTypes: [] })
const observed = (gpuType: string, runtime: number, features: Features = {}, success = true): Observation => ({
  gpuType,
  runtime,
  success,
  features,
  colocatedJobTypes: [],
})

/** The median and the 90 % interval; fails without an estimate. */
function predictRuntime(job: JobDescription, gpuType: string, own: Observation[], pool: Observation[] = own) {
  const found = estimate(job, gpuType, own, pool)
  if (!found?.logRuntime) throw new Error('no estimate')
  return { runtime: medianRuntime(found.logRuntime), ...runtimeInterval(found.logRuntime, 0.9) }
}

describe('an estimate', () => {
  it('is absent for an unseen GPU type, whatever is known of others', () => {
    expect(estimate(asked(), 'A10G', [], [observed('T4', 100)])).toBeNull()
  })

  it('has a success probability but no runtime after only failures', () => {
    const found = estimate(asked(), 'T4', [observed('T4', 5, {}, false), observed('T4', 6, {}, false)], [])
    expect(found).toMatchObject({ logRuntime: null, observationCount: 2 })
    expect(found?.successProbability).toBeCloseTo(1 / 6, 12)
  })

  it('learns the runtime from successes only', () => {
    const own = [100, 102, 98].map((runtime) => observed('T4', runtime))
    const withFailure = [...own, observed('T4', 1, {}, false)]
    expect(predictRuntime(asked(), 'T4', withFailure)).toEqual(predictRuntime(asked(), 'T4', own))
    expect(estimate(asked(), 'T4', withFailure, [])?.successProbability).toBeCloseTo(3.5 / 5, 12)
  })

  it('has an interval of a fifth or more after a single observation', () => {
    const { runtime, low, high } = predictRuntime(asked(), 'T4', [observed('T4', 100)])
    expect(runtime).toBeCloseTo(100, 1)
    expect(low).toBeLessThan(80)
    expect(high).toBeGreaterThan(120)
    expect(high).toBeLessThan(200)
  })

  it('scales with the work, with more uncertainty farther from the observations', () => {
    const own = [observed('T4', 100, { images: 1000 })]
    const double = predictRuntime(asked({ images: 2000 }), 'T4', own)
    expect(double.runtime).toBeCloseTo(200, 0)
    const near = predictRuntime(asked({ images: 1100 }), 'T4', own)
    expect(double.high / double.low).toBeGreaterThan(near.high / near.low)
  })

  it('converges to the true effect of its features', () => {
    const random = seededRandom(3)
    const own = Array.from({ length: 200 }, () => {
      const images = 1000 + 9000 * random.uniform()
      const recipe = random.pick(['reference', 'tuned'])
      const median = (images / 300) * (recipe === 'tuned' ? 0.5 : 1)
      return observed('T4', median * Math.exp(0.03 * random.normal()), { images, recipe })
    })
    for (const [recipe, expected] of [
      ['reference', 20],
      ['tuned', 10],
    ] as const) {
      const { runtime, low, high } = predictRuntime(asked({ images: 6000, recipe }), 'T4', own)
      expect(Math.abs(runtime / expected - 1)).toBeLessThan(0.03)
      expect(high / low).toBeLessThan(Math.exp(2 * 1.8 * 0.03))
    }
  })

  it('borrows the effect of features from other GPU types, but never their speed', () => {
    const ofOther = (factor: number) =>
      Array.from({ length: 20 }, (_, i) => {
        const recipe = i % 2 ? 'tuned' : 'reference'
        return observed('A10G', factor * (recipe === 'tuned' ? 50 : 100), { recipe })
      })
    const own = [90, 91, 89, 90].map((runtime) => observed('T4', runtime, { recipe: 'reference' }))
    const job = asked({ recipe: 'tuned' })
    const alone = predictRuntime(job, 'T4', own)
    const pooled = predictRuntime(job, 'T4', own, [...own, ...ofOther(1)])
    expect(Math.abs(pooled.runtime / 45 - 1)).toBeLessThan(0.05)
    expect(pooled.high / pooled.low).toBeLessThan(alone.high / alone.low)
    expect(predictRuntime(job, 'T4', own, [...own, ...ofOther(1000)]).runtime).toBeCloseTo(pooled.runtime, 3)
  })

  it('does not depend on the order of observations', () => {
    const random = seededRandom(5)
    const own = Array.from({ length: 40 }, (_, i) =>
      observed(i % 3 ? 'T4' : 'A10G', 50 + random.uniform(), { images: i + 1, recipe: random.pick(['a', 'b', 'c']) }),
    )
    const ofT4 = own.filter(({ gpuType }) => gpuType === 'T4')
    const job = asked({ images: 7, recipe: 'b' })
    const forward = predictRuntime(job, 'T4', ofT4, own)
    const backward = predictRuntime(job, 'T4', ofT4.toReversed(), own.toReversed())
    expect(backward.runtime / forward.runtime).toBeCloseTo(1, 9)
    expect(backward.high / forward.high).toBeCloseTo(1, 9)
  })

  it('is finite for any input that the contract allows', () => {
    const value = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.string(), fc.boolean())
    const features = fc.dictionary(fc.constantFrom('images', 'a', 'b', 'c'), value)
    const observation = fc.record({
      gpuType: fc.constantFrom('T4', 'A10G'),
      runtime: fc.oneof(fc.double({ min: 5e-324, max: 31_536_000, noNaN: true }), fc.constant(60)),
      success: fc.boolean(),
      features,
      colocatedJobTypes: fc.array(fc.constantFrom('web', 'etl', 'x'), { maxLength: 16 }),
    })
    const job = fc.record({ features, colocatedJobTypes: fc.array(fc.constantFrom('web', 'etl'), { maxLength: 16 }) })
    fc.assert(
      fc.property(fc.array(observation, { minLength: 1, maxLength: 25 }), job, (pool, asking) => {
        const own = pool.filter(({ gpuType }) => gpuType === 'T4')
        const found = estimate(asking, 'T4', own, pool)
        if (!found?.logRuntime) return
        const { low, high } = runtimeInterval(found.logRuntime, 0.9)
        const runtime = medianRuntime(found.logRuntime)
        for (const number of [low, runtime, high]) expect(Number.isFinite(number)).toBe(true)
        expect(low).toBeLessThanOrEqual(runtime)
        expect(runtime).toBeLessThanOrEqual(high)
      }),
      { numRuns: 300 },
    )
  })
})

describe('the probability of being the smallest', () => {
  const t = (location: number, scale = 1, degreesOfFreedom = 5) => ({ location, scale, degreesOfFreedom })

  it('is equal for equal candidates, and 1 for a single one', () => {
    expect(probabilitiesOfSmallest([t(3)])).toEqual([1])
    for (const probability of probabilitiesOfSmallest([t(1), t(1), t(1), t(1)]))
      expect(probability).toBeCloseTo(0.25, 9)
  })

  it('agrees with the closed form for two near-normal ones', () => {
    // N(0, 1) and N(1, 1): P(first < second) = Φ(1 / √2) = 0.760250.
    const [first, second] = probabilitiesOfSmallest([t(0, 1, 1e5), t(1, 1, 1e5)])
    expect(first).toBeCloseTo(0.76025, 3)
    expect(second).toBeCloseTo(0.23975, 3)
  })

  it('agrees with random draws', () => {
    const random = seededRandom(9)
    const scales = [1, 0.2, 3]
    const locations = [0, 0.3, 1]
    const wins = [0, 0, 0]
    for (let i = 0; i < 40_000; i++) {
      const draws = scales.map((scale, j) => (locations[j] ?? 0) + scale * random.normal())
      const winner = draws.indexOf(Math.min(...draws))
      wins[winner] = (wins[winner] ?? 0) + 1 / 40_000
    }
    const found = probabilitiesOfSmallest(scales.map((scale, j) => t(locations[j] ?? 0, scale, 1e5)))
    for (const [j, probability] of found.entries()) expect(Math.abs(probability - (wins[j] ?? 0))).toBeLessThan(0.01)
  })

  it('sums to 1 for any locations and scales', () => {
    const candidate = fc.record({
      location: fc.double({ min: -700, max: 700, noNaN: true }),
      scale: fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
      degreesOfFreedom: fc.double({ min: 2, max: 1000, noNaN: true }),
    })
    fc.assert(
      fc.property(fc.array(candidate, { minLength: 1, maxLength: 6 }), (candidates) => {
        const probabilities = probabilitiesOfSmallest(candidates)
        expect(probabilities.reduce((sum, probability) => sum + probability, 0)).toBeCloseTo(1, 9)
        expect(probabilities.every((probability) => probability >= 0)).toBe(true)
      }),
    )
  })
})
