import { describe, expect, it } from 'vitest'
import { simulateRegret } from './score-regret.ts'

describe('ranking by score', () => {
  it('costs less and less over choosing well, as observations grow', async () => {
    const rows = await simulateRegret({ seed: 1, jobs: 160, repeats: 6 })
    const regretAt = (job: number) =>
      rows.find(({ fromJob, toJob }) => fromJob <= job && job <= toJob)?.byScore ?? Number.NaN
    expect(rows.map(({ toJob }) => toJob)).toEqual([5, 10, 20, 40, 80, 160])
    // The first window tries each GPU type once: no better than chance.
    expect(regretAt(1)).toBeGreaterThan(0.5)
    expect(regretAt(40)).toBeLessThan(regretAt(10) / 2)
    expect(regretAt(160)).toBeLessThan(0.15)
    const last = rows.at(-1)
    expect(last?.atRandom).toBeGreaterThan(0.5)
    expect(last?.coverage).toBeGreaterThan(0.84)
    expect(last?.coverage).toBeLessThan(0.96)
  })
})
