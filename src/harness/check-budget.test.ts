import { describe, expect, it } from 'vitest'
import type { Budget } from '../contract/schemas/budget.ts'
import { RadixError } from '../errors/radix-error.ts'
import { NO_CHOICE, type Provider } from '../providers/provider.ts'
import { checkBudget } from './check-budget.ts'

const period = (limit_usd: number | null, reserved_usd = 0) => ({
  limit_usd,
  spent_usd: 0,
  reserved_usd,
  left_usd: limit_usd === null ? null : limit_usd - reserved_usd,
  resets_at: '2026-03-03T00:00:00.000Z',
})

/** What a dry run of 30 minutes at `price` dollars an hour finds. */
async function find(budget: Budget | RadixError, price: number | null, provider = 'ec2') {
  const findings = await checkBudget({
    config: { provider, ttlMinutes: 30 },
    provider: {
      launchesMachines: provider !== 'existing',
      listPlacements: async () => [NO_CHOICE],
      quote: async () => (price === null ? null : { pricePerHourUsd: price, source: 'test' }),
    } satisfies Partial<Provider>,
    signal: AbortSignal.timeout(1000),
    call: async () => {
      if (budget instanceof RadixError) throw budget
      return budget
    },
  } as unknown as Parameters<typeof checkBudget>[0])
  return findings.map(({ code, fix }) => ({ code, fix }))
}

describe('a dry run', () => {
  it('tells that the budget has no room, and what would fit', async () => {
    const found = await find({ day: period(null), month: period(10, 9.5) }, 2)
    expect(found).toEqual([{ code: 'BUDGET_EXCEEDED', fix: expect.stringContaining('--ttl-minutes 15') }])
  })

  it.each([
    ['a run that fits', { day: period(1), month: period(10, 9) }, 2],
    ['no budget', { day: period(null), month: period(null) }, null],
    [
      'an earlier control plane, which has none',
      new RadixError('ROUTE_NOT_FOUND', { method: 'GET', path: '/v1/budget' }),
      2,
    ],
  ] as const)('finds nothing with %s', async (_, budget, price) => {
    expect(await find(budget, price)).toEqual([])
  })

  it('tells that a price is missing, unless machines of the provider cost nothing', async () => {
    const budget = { day: period(1), month: period(null) }
    expect(await find(budget, null)).toMatchObject([{ code: 'BUDGET_PRICE_UNKNOWN' }])
    expect(await find(budget, null, 'local')).toEqual([])
    expect(await find(budget, 1000, 'existing')).toEqual([])
  })
})
