import { expect, it } from 'vitest'
import { seededRandom } from '../../core/seeded-random.ts'
import { findRegression } from './regression.ts'

const STEADY = [100, 101, 99, 100.5, 99.5, 100]

it('is a run that is slower than the spread between earlier runs allows', () => {
  expect(findRegression([...STEADY, 90])).toMatchObject({
    mean: 100,
    earlierRuns: 6,
    changePercent: expect.closeTo(-10),
  })
})

it.each([
  ['a run like the others', [...STEADY, 99]],
  ['a faster run', [...STEADY, 120]],
  ['a slow run among runs that differ as much', [100, 80, 120, 90, 110, 95, 85]],
  ['a drop that does not matter', [100, 100.01, 99.99, 100, 100.01, 99.99, 99]],
  ['a slow run after too few others', [100, 100, 100, 100, 50]],
  ['the second slow run in a row', [...STEADY, 90, 90]],
  ['no run', []],
])('is not %s', (_, throughputs) => {
  expect(findRegression(throughputs)).toBeUndefined()
})

it('is claimed of hardly any series that does not change', () => {
  const { normal } = seededRandom(7)
  const series = Array.from({ length: 4000 }, () => Array.from({ length: 8 }, () => 100 + 5 * normal()))
  expect(series.filter((each) => findRegression(each)).length / series.length).toBeLessThan(0.0075)
})
