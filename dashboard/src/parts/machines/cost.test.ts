import { describe, expect, it } from 'vitest'
import { costSoFar } from './cost.ts'

/** One dollar per hour, for 45 minutes at the most. */
const machine = {
  worstCaseUsd: 0.75,
  startedAt: '2026-11-27T09:00:00.000Z',
  deadlineAt: '2026-11-27T09:45:00.000Z',
  launchedAt: '2026-11-27T09:01:00.000Z',
  terminatedAt: null,
}
const at = (time: string) => Date.parse(`2026-11-27T${time}Z`)

describe('what a machine has cost by now', () => {
  it('counts from its launch, and goes on beyond the deadline', () => {
    expect(costSoFar(machine, at('09:31:00'))).toBeCloseTo(0.5)
    expect(costSoFar(machine, at('12:01:00'))).toBeCloseTo(3)
    expect(costSoFar(machine, at('12:01:36'))).toBeCloseTo(3.01)
  })

  it('ends with the machine', () => {
    expect(costSoFar({ ...machine, terminatedAt: '2026-11-27T09:31:00.000Z' }, at('12:00:00'))).toBeCloseTo(0.5)
  })

  it('is not known without a price, a launch, or a deadline', () => {
    expect(costSoFar({ ...machine, worstCaseUsd: null }, at('10:00:00'))).toBeNull()
    expect(costSoFar({ ...machine, launchedAt: null }, at('10:00:00'))).toBeNull()
    expect(costSoFar({ ...machine, deadlineAt: machine.startedAt }, at('10:00:00'))).toBeNull()
  })

  it('is nothing where clocks differ', () => {
    expect(costSoFar(machine, at('09:00:59'))).toBe(0)
  })
})
