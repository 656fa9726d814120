import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../core/seeded-random.ts'
import { diagonal } from './matrix.ts'
import { predict, priorBelief, type Sample, updateBelief } from './regression.ts'
import { quantileOf } from './student-t.ts'

const prior = () => priorBelief([0, 0], diagonal([1e-6, 0.01]), 1, 0.01)
const sample = fc.record({
  x: fc.tuple(fc.constant(1), fc.double({ min: -20, max: 20, noNaN: true })),
  y: fc.double({ min: -20, max: 20, noNaN: true }),
})

function expectSame(left: readonly Sample[], right: readonly Sample[][]) {
  const once = predict(updateBelief(prior(), left), [1, 3])
  const stepwise = predict(
    right.reduce((belief, samples) => updateBelief(belief, samples), prior()),
    [1, 3],
  )
  expect(stepwise.degreesOfFreedom).toBe(once.degreesOfFreedom)
  expect(stepwise.location).toBeCloseTo(once.location, 5)
  expect(stepwise.scale / once.scale).toBeCloseTo(1, 5)
}

describe('Bayesian regression', () => {
  it('learns the same in one batch, in two, and one by one', () => {
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 30 }), fc.nat(30), (samples, cut) => {
        expectSame(samples, [samples.slice(0, cut), samples.slice(cut)])
        expectSame(
          samples,
          samples.map((one) => [one]),
        )
      }),
    )
  })

  it('does not depend on the order', () => {
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 30 }), (samples) => expectSame(samples, [samples.toReversed()])),
    )
  })

  it('agrees with the textbook for a mean with known answer', () => {
    // One column, Λ0 = 1, m0 = 0, a0 = 2, b0 = 3, y = 1, 2, 3: Λn = 4, mn = 1.5, an = 3.5, bn = 3 + (14 − 9) / 2 = 5.5.
    const samples = [1, 2, 3].map((y) => ({ x: [1], y }))
    const next = predict(updateBelief(priorBelief([0], [[1]], 2, 3), samples), [1])
    expect(next.degreesOfFreedom).toBe(7)
    expect(next.location).toBeCloseTo(1.5, 12)
    expect(next.scale ** 2).toBeCloseTo((5.5 / 3.5) * (1 + 1 / 4), 12)
  })

  it('converges to the true values', () => {
    const random = seededRandom(7)
    const samples = Array.from({ length: 2000 }, () => {
      const x = 4 * random.uniform()
      return { x: [1, x], y: 2 + 0.7 * x + 0.05 * random.normal() }
    })
    const next = predict(updateBelief(prior(), samples), [1, 3])
    expect(next.location).toBeCloseTo(2 + 0.7 * 3, 2)
    expect(next.scale).toBeGreaterThan(0.045)
    expect(next.scale).toBeLessThan(0.055)
  })

  it('covers the next value at about the stated rate, even with few observations', () => {
    const random = seededRandom(11)
    for (const count of [3, 10, 50]) {
      let inside = 0
      for (let trial = 0; trial < 1000; trial++) {
        const draw = () => {
          const x = 2 * random.uniform()
          return { x: [1, x], y: 5 + x + 0.1 * random.normal() }
        }
        const next = predict(updateBelief(prior(), Array.from({ length: count }, draw)), [1, 1])
        const value = 6 + 0.1 * random.normal()
        if (quantileOf(next, 0.05) <= value && value <= quantileOf(next, 0.95)) inside++
      }
      // Four standard errors of 1000 trials are 0.04.
      expect(inside / 1000).toBeGreaterThan(0.86)
      expect(inside / 1000).toBeLessThan(0.96)
    }
  })
})
