/** The decision rule: what it says of known cases, and how often it errs on simulated ones. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../core/seeded-random.ts'
import { type Decision, judgeChange } from './decide.ts'

const steady = [343.2, 342.1, 344.6]
const scaled = (values: readonly number[], factor: number) => values.map((value) => value * factor)

describe('the rule', () => {
  it.each<[string, number[], number[], Decision]>([
    ['a clear fall beyond the threshold', steady, scaled(steady, 0.93), 'regression'],
    ['a clear fall within it', steady, scaled(steady, 0.98), 'pass'],
    ['no change', steady, scaled(steady, 1.001), 'pass'],
    ['a clear rise beyond it', steady, scaled(steady, 1.07), 'improved'],
    ['a clear rise within it', steady, scaled(steady, 1.03), 'pass'],
    // What undoes it is a fall of 4.85 %.
    ['a rise of 5.1 %, which is the mirror of a fall within it', steady, scaled(steady, 1.051), 'pass'],
    ['a fall that may be chance', [343, 360, 326], [320, 340, 300], 'ambiguous'],
    ['a small fall, where a large one is not excluded', steady, [343, 325], 'ambiguous'],
    ['one trial of the candidate', steady, [300], 'ambiguous'],
    ['one trial of the baseline', [343.2], scaled(steady, 0.9), 'ambiguous'],
    ['one trial of each', [343.2], [300], 'ambiguous'],
    ['no spread at all, and a fall', [100, 100], [94, 94], 'regression'],
    ['no spread at all, and none', [100, 100], [100, 100], 'pass'],
  ])('calls %s as it is', (_, baseline, candidate, decision) => {
    expect(judgeChange(baseline, candidate, 0.05).decision).toBe(decision)
  })

  it('goes by the threshold that is given', () => {
    const decisions = [0.02, 0.065, 0.1].map((limit) => judgeChange(steady, scaled(steady, 0.93), limit).decision)
    expect(decisions).toEqual(['regression', 'regression', 'pass'])
  })

  it('gives the change with its interval', () => {
    // scipy.stats.ttest_ind(numpy.log(candidate), numpy.log(baseline), equal_var=False), numpy.expm1 of the ends; SciPy 1.17.1.
    const { change } = judgeChange(steady, [320.4, 322.9, 318.7], 0.05)
    expect(change.relative).toBeCloseTo(-0.06593808839624288, 10)
    expect(change.interval?.low).toBeCloseTo(-0.07849031672534167, 10)
    expect(change.interval?.high).toBeCloseTo(-0.053214881466609014, 10)
    expect((change.p_value ?? 0) / 0.0004485139728232417).toBeCloseTo(1, 8)
  })
})

describe('the trials that would tell', () => {
  it('are of the candidate, where that is enough', () => {
    const { decision, trials_needed: needed } = judgeChange(steady, [343, 325], 0.05)
    expect(decision).toBe('ambiguous')
    expect(needed?.baseline).toBe(3)
    expect(needed?.candidate).toBeGreaterThan(2)
  })

  it('do tell, when they come out as those before', () => {
    const pair = [330, 346]
    const { trials_needed: needed } = judgeChange(steady, pair, 0.05)
    // As many values with the same mean and sample deviation of their logarithms.
    const count = needed?.candidate ?? 0
    const [low = 0, high = 0] = pair.map(Math.log)
    const half = ((high - low) / 2) * Math.SQRT2 * Math.sqrt((count - 1) / (2 * Math.floor(count / 2)))
    const centre = (low + high) / 2
    const side = (index: number) => (index === 2 * Math.floor(count / 2) ? 0 : index % 2 === 0 ? half : -half)
    const more = Array.from({ length: count }, (_, index) => Math.exp(centre + side(index)))
    expect(judgeChange(steady, pair, 0.05).decision).toBe('ambiguous')
    expect(judgeChange(steady, more, 0.05).decision).toBe('pass')
    expect(judgeChange(steady, more.slice(0, -2), 0.05).decision).toBe('ambiguous')
  })

  it('are of both, where the baseline is the one that is not known', () => {
    const { trials_needed: needed } = judgeChange([343, 325], scaled(steady, 0.99), 0.05)
    expect(needed?.baseline).toBeGreaterThan(2)
  })

  it('are not named, where a hundred would not do, and where the spread is not known', () => {
    expect(judgeChange([200, 500], [500, 200], 0.05)).toMatchObject({ decision: 'ambiguous', trials_needed: null })
    expect(judgeChange([200], [500, 200], 0.05).trials_needed).toBeNull()
  })
})

describe('for any trials', () => {
  const trials = fc.array(fc.double({ min: 1, max: 1e5, noNaN: true }), { minLength: 1, maxLength: 8 })
  const threshold = fc.double({ min: 0.001, max: 0.5, noNaN: true })

  it('swapping the sides turns a regression into the improvement that undoes it', () => {
    fc.assert(
      fc.property(trials, trials, threshold, (first, second, limit) => {
        const [there, back] = [judgeChange(first, second, limit), judgeChange(second, first, limit)]
        expect((1 + there.change.relative) * (1 + back.change.relative)).toBeCloseTo(1, 9)
        expect(there.decision !== 'regression' || back.decision === 'improved').toBe(true)
        expect(there.decision !== 'improved' || back.decision === 'regression').toBe(true)
        expect(back.change.p_value === null).toBe(there.change.p_value === null)
        expect(back.change.p_value ?? 0).toBeCloseTo(there.change.p_value ?? 0, 9)
      }),
    )
  })

  it('the unit does not matter', () => {
    fc.assert(
      fc.property(trials, trials, threshold, fc.double({ min: 1e-3, max: 1e3, noNaN: true }), (a, b, limit, factor) => {
        const [one, other] = [judgeChange(a, b, limit), judgeChange(scaled(a, factor), scaled(b, factor), limit)]
        expect(other.decision).toBe(one.decision)
        expect(other.change.relative).toBeCloseTo(one.change.relative, 6)
      }),
    )
  })

  it('a lower throughput is never judged better', () => {
    const rank: Record<Decision, number> = { regression: 0, ambiguous: 1, pass: 2, improved: 3 }
    const factor = fc.double({ min: 0.5, max: 1, noNaN: true })
    fc.assert(
      fc.property(trials, trials, threshold, factor, (baseline, candidate, limit, lower) => {
        const before = judgeChange(baseline, candidate, limit).decision
        const after = judgeChange(baseline, scaled(candidate, lower), limit).decision
        expect(rank[after]).toBeLessThanOrEqual(rank[before])
      }),
    )
  })
})

describe('simulated runs', () => {
  const ROUNDS = 3000

  /** How often each decision is made where the truth is a change by `factor`. */
  function simulate(options: { factor: number; trials: number; spread: number; threshold: number; seed: number }) {
    const random = seededRandom(options.seed)
    const draw = (centre: number) =>
      Array.from({ length: options.trials }, () => centre * Math.exp(options.spread * random.normal()))
    const counts: Record<Decision, number> = { regression: 0, improved: 0, pass: 0, ambiguous: 0 }
    for (let round = 0; round < ROUNDS; round++) {
      counts[judgeChange(draw(343), draw(343 * options.factor), options.threshold).decision]++
    }
    return { regression: counts.regression / ROUNDS, improved: counts.improved / ROUNDS, pass: counts.pass / ROUNDS }
  }

  it.each([3, 5, 10])('that are equal are called a fall in 2.5 % at the most, with %d trials', (trials) => {
    // With next to no threshold only chance decides: this is the worst case, and what is claimed.
    const worst = simulate({ factor: 1, trials, spread: 0.01, threshold: 1e-6, seed: trials })
    expect(worst.regression).toBeGreaterThan(0.015)
    expect(worst.regression).toBeLessThan(0.034)
    expect(Math.abs(worst.improved - worst.regression)).toBeLessThan(0.015)
    // A spread that evidence calls suspect already, and the threshold that is the default.
    expect(simulate({ factor: 1, trials, spread: 0.03, threshold: 0.05, seed: 1 }).regression).toBeLessThan(0.034)
    // A healthy GPU.
    expect(simulate({ factor: 1, trials, spread: 0.005, threshold: 0.05, seed: 2 }).regression).toBe(0)
  })

  it('that fell by the threshold pass in 2.5 % at the most', () => {
    const { pass } = simulate({ factor: 0.95, trials: 5, spread: 0.01, threshold: 0.05, seed: 4 })
    expect(pass).toBeGreaterThan(0.015)
    expect(pass).toBeLessThan(0.034)
  })

  it('that fell beyond it are found the more often the more trials there are', () => {
    const shares = [2, 3, 5, 10].map(
      (trials) => simulate({ factor: 0.93, trials, spread: 0.02, threshold: 0.05, seed: 5 }).regression,
    )
    const [two = 0, three = 0, five = 0, ten = 0] = shares
    expect(three).toBeGreaterThan(two + 0.1)
    expect(five).toBeGreaterThan(three + 0.1)
    expect(ten).toBeGreaterThan(five + 0.01)
    expect(ten).toBeGreaterThan(0.95)
  })
})
