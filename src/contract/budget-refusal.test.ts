import { expect, it } from 'vitest'
import { findBudgetRefusal } from './budget-refusal.ts'

const period = (limit_usd: number | null, left_usd: number | null) => ({
  limit_usd,
  spent_usd: 0,
  reserved_usd: 0,
  left_usd,
  resets_at: '2026-12-01T00:00:00.000Z',
})
const run = { provider: 'ec2' as const, parameters: { ttl_minutes: 60 }, worst_case_cost_usd: 6 }

it('names a time limit that fits in the day and in the month', () => {
  const refusal = (day: number | null, month: number | null) =>
    findBudgetRefusal({ day: period(day, day), month: period(month, month) }, run)?.fix
  expect(refusal(5, null)).toContain('`--ttl-minutes 50`')
  expect(refusal(5, 3)).toContain('`--ttl-minutes 30`')
  expect(refusal(null, 2)).toContain('`--ttl-minutes 20`')
  expect(refusal(5, 0)).not.toContain('--ttl-minutes')
})
