import { describe, expect, it } from 'vitest'
import { seededRandom } from './seeded-random.ts'
import { mean, sampleStandardDeviation } from './statistics.ts'

const draw = (seed: number, name: 'uniform' | 'normal') => {
  const random = seededRandom(seed)
  return Array.from({ length: 20_000 }, () => random[name]())
}

describe('seededRandom', () => {
  it('repeats itself for a seed, and differs between seeds', () => {
    expect(draw(1, 'uniform')).toEqual(draw(1, 'uniform'))
    expect(draw(1, 'uniform')[0]).not.toBe(draw(2, 'uniform')[0])
  })

  it('is uniform in [0, 1)', () => {
    const values = draw(3, 'uniform')
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true)
    expect(mean(values)).toBeCloseTo(0.5, 1)
    expect(sampleStandardDeviation(values)).toBeCloseTo(Math.sqrt(1 / 12), 1)
  })

  it('is standard normal', () => {
    const values = draw(4, 'normal')
    expect(mean(values)).toBeCloseTo(0, 1)
    expect(sampleStandardDeviation(values)).toBeCloseTo(1, 1)
    expect(values.filter((value) => Math.abs(value) < 1.96).length / values.length).toBeCloseTo(0.95, 1)
  })

  it('picks every value', () => {
    const random = seededRandom(5)
    expect(new Set(Array.from({ length: 100 }, () => random.pick(['a', 'b', 'c'])))).toEqual(new Set(['a', 'b', 'c']))
  })
})
