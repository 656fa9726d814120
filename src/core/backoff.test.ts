import fc from 'fast-check'
import { expect, it } from 'vitest'
import { backoffDelayMs } from './backoff.ts'

it('stays between a tenth of the ceiling and the maximum, for every try', () => {
  fc.assert(
    fc.property(fc.nat(60), fc.double({ min: 0, max: 0.999_999, noNaN: true }), (attempt, random) => {
      const delayMs = backoffDelayMs(attempt, { initialMs: 100, maximumMs: 5000, random: () => random })
      const ceilingMs = Math.min(5000, 100 * 2 ** attempt)
      expect(delayMs).toBeGreaterThanOrEqual(ceilingMs / 10)
      expect(delayMs).toBeLessThanOrEqual(ceilingMs)
    }),
  )
})

it('grows by the factor', () => {
  const options = { initialMs: 10, maximumMs: 1_000_000, factor: 3, random: () => 0.5 }
  expect(backoffDelayMs(3, options) / backoffDelayMs(2, options)).toBeCloseTo(3)
  expect(backoffDelayMs(0, { initialMs: 10, maximumMs: 20 })).toBeLessThanOrEqual(10)
})
