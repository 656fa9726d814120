import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  confidenceInterval,
  mean,
  quantile,
  sampleStandardDeviation,
  studentTProbability,
  studentTQuantile,
  welchPValue,
  welchTest,
} from './statistics.ts'

describe('studentTQuantile', () => {
  // Abramowitz and Stegun, table 26.10; NIST/SEMATECH e-Handbook 1.3.6.7.2.
  it.each([
    [0.975, 1, 12.7062],
    [0.975, 2, 4.30265],
    [0.975, 3, 3.18245],
    [0.975, 4, 2.77645],
    [0.975, 9, 2.26216],
    [0.975, 30, 2.04227],
    [0.975, 120, 1.97993],
    [0.95, 5, 2.01505],
    [0.995, 10, 3.16927],
    [0.9995, 2, 31.599],
  ])('of %d with %d degrees of freedom is %d', (probability, degrees, expected) => {
    const quantile = studentTQuantile(probability, degrees)
    expect(Math.abs(quantile - expected) / expected).toBeLessThan(2e-5)
  })

  it('has the closed forms of one and two degrees of freedom', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 0.999, noNaN: true }), (p) => {
        const alpha = 4 * p * (1 - p)
        expect(studentTQuantile(p, 1)).toBeCloseTo(Math.tan(Math.PI * (p - 0.5)), 6)
        expect(studentTQuantile(p, 2)).toBeCloseTo(2 * (p - 0.5) * Math.sqrt(2 / alpha), 6)
      }),
    )
  })

  it('is undone by the probability, mirrors, and shrinks towards the normal quantile', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 0.99, noNaN: true }), fc.integer({ min: 1, max: 500 }), (p, degrees) => {
        const t = studentTQuantile(p, degrees)
        expect(studentTProbability(t, degrees)).toBeCloseTo(p, 10)
        expect(studentTQuantile(1 - p, degrees)).toBeCloseTo(-t, 6)
        expect(Math.abs(studentTQuantile(p, degrees + 1))).toBeLessThanOrEqual(Math.abs(t) + 1e-9)
      }),
    )
    expect(studentTQuantile(0.975, 1e6)).toBeCloseTo(1.959964, 4)
  })

  it.each([1e-3, 1e-5, 1e-7, 1e-12, 0])('is undone by the probability close to 0, too (%d)', (t) => {
    expect(studentTProbability(t, 1) - 0.5).toBeCloseTo(Math.atan(t) / Math.PI, 15)
    expect(studentTQuantile(studentTProbability(t, 74), 74)).toBeCloseTo(t, 13)
  })

  it.each([
    [0, 5],
    [1, 5],
    [0.5, 0],
    [Number.NaN, 3],
  ])('refuses %d with %d degrees of freedom', (probability, degrees) => {
    expect(() => studentTQuantile(probability, degrees)).toThrow(RangeError)
  })
})

describe('confidenceInterval', () => {
  it('is that of the NIST handbook (1.3.5.2, heat flow meter: n = 195)', () => {
    // The handbook's data have mean 9.261460 and standard deviation 0.022789; two values apart by that have them, too.
    const deviation = 0.022789
    const spread = deviation * Math.sqrt(194 / 195)
    const values = Array.from({ length: 194 }, (_, i) => 9.26146 + (i % 2 === 0 ? spread : -spread))
    values.push(9.26146)
    const scale = deviation / (sampleStandardDeviation(values) ?? 1)
    const scaled = values.map((value) => 9.26146 + (value - 9.26146) * scale)
    const interval = confidenceInterval(scaled)
    expect(interval?.low).toBeCloseTo(9.258242, 5)
    expect(interval?.high).toBeCloseTo(9.264679, 5)
  })

  it('does not exist for a single value', () => {
    expect(confidenceInterval([3])).toBeNull()
    expect(sampleStandardDeviation([3])).toBeNull()
  })

  it('holds the mean, scales with the values and narrows to nothing without spread', () => {
    const values = fc.array(fc.double({ min: 1, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 20 })
    fc.assert(
      fc.property(values, (list) => {
        const interval = confidenceInterval(list)
        const scaled = confidenceInterval(list.map((value) => value * 8))
        expect(interval?.low).toBeLessThanOrEqual(mean(list))
        expect(interval?.high).toBeGreaterThanOrEqual(mean(list))
        expect(scaled?.halfWidth).toBeCloseTo(8 * (interval?.halfWidth ?? Number.NaN), 5)
      }),
    )
    expect(confidenceInterval([5, 5, 5])).toEqual({ low: 5, high: 5, halfWidth: 0 })
  })

  it('covers the true mean in about 95 of 100 samples', () => {
    let seed = 7
    const random = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
      return (seed + 0.5) / 2_147_483_648
    }
    const normal = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random())
    let covered = 0
    const rounds = 2000
    for (let round = 0; round < rounds; round++) {
      const interval = confidenceInterval(Array.from({ length: 4 }, () => 100 + normal()))
      if (interval && interval.low <= 100 && interval.high >= 100) covered++
    }
    expect(covered / rounds).toBeGreaterThan(0.93)
    expect(covered / rounds).toBeLessThan(0.97)
  })
})

describe('studentTProbability', () => {
  // scipy.stats.t.cdf, SciPy 1.17.1
  it.each([
    [-0.001, 3.7, 0.49962683852954315],
    [-2.5, 2.3, 0.05666644468959923],
    [-40, 5.5, 2.70525499452305e-8],
    [-0.7, 1, 0.30559988778578523],
    [-6, 98.6, 1.6380542638284148e-8],
  ])('below %d with %d degrees of freedom is %d', (t, degrees, expected) => {
    expect(Math.abs(studentTProbability(t, degrees) / expected - 1)).toBeLessThan(1e-10)
  })
})

describe('welchTest', () => {
  // scipy.stats.ttest_ind(second, first, equal_var=False), SciPy 1.17.1. The first pair is R's data set `sleep`, for
  // which the documentation of R's t.test gives df = 17.776, p = 0.07939.
  it.each([
    {
      first: [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0],
      second: [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4],
      expected: [17.776473516178488, 0.0793941401873583, -0.20548323071171137, 3.3654832307117104],
    },
    {
      first: [343.2, 342.1, 344.6],
      second: [320.4, 322.9, 318.7, 321.5],
      expected: [4.999989808834368, 6.401683648858246e-6, -25.367868961763524, -19.4821310382365],
    },
    {
      first: [100, 101],
      second: [90, 99],
      expected: [1.024687595245352, 0.40760040618564275, -60.355581160098154, 48.355581160098154],
    },
    {
      first: [1, 2, 3, 4, 5],
      second: [100, 110, 90],
      expected: [2.0602182254496366, 0.0031409354574058663, 72.66110499323385, 121.33889500676615],
    },
  ])('of $first and $second is as SciPy has it', ({ first, second, expected }) => {
    const test = welchTest(first, second)
    const found = [test?.degreesOfFreedom, test?.pValue, test?.interval.low, test?.interval.high]
    found.forEach((value, index) => {
      expect((value ?? Number.NaN) / (expected[index] ?? Number.NaN)).toBeCloseTo(1, 9)
    })
  })

  it('says nothing of one value, and is certain where there is no spread', () => {
    expect(welchTest([1], [1, 2, 3])).toBeNull()
    expect(welchTest([1, 2, 3], [])).toBeNull()
    expect(welchTest([5, 5, 5], [4, 4])).toMatchObject({ difference: -1, degreesOfFreedom: 3, pValue: 0 })
    expect(welchTest([5, 5], [5, 5])).toMatchObject({ difference: 0, pValue: 1, interval: { low: 0, high: 0 } })
  })

  it('finds significant what its interval excludes, by values or by spreads', () => {
    const values = fc.array(fc.double({ min: 1, max: 1e3, noNaN: true }), { minLength: 2, maxLength: 8 })
    const spread = (list: number[]) => ({ deviation: sampleStandardDeviation(list) ?? 0, count: list.length })
    fc.assert(
      fc.property(values, values, (first, second) => {
        const test = welchTest(first, second)
        const excludesZero = Math.abs(test?.difference ?? 0) > (test?.interval.halfWidth ?? 0)
        expect((test?.pValue ?? 1) < 0.05).toBe(excludesZero)
        expect(welchPValue(test?.difference ?? 0, spread(first), spread(second))).toBe(test?.pValue)
      }),
    )
  })
})

describe('quantile', () => {
  it.each([
    [[1, 2, 3, 4], 0.5, 2.5],
    [[4, 1, 3, 2], 0, 1],
    [[4, 1, 3, 2], 1, 4],
    [[7], 0.95, 7],
    [[0, 10], 0.25, 2.5],
  ])('of %j at %d is %d', (values, probability, expected) => {
    expect(quantile(values, probability)).toBe(expected)
  })

  it('refuses an empty list', () => {
    expect(() => quantile([], 0.5)).toThrow(RangeError)
  })
})

it('computes mean and standard deviation', () => {
  expect(mean([2, 4, 4, 4, 5, 5, 7, 9])).toBe(5)
  expect(sampleStandardDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(2.13809, 5)
})
