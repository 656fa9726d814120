import { describe, expect, it } from 'vitest'
import { buildCost } from './cost.ts'
import { cpuFacts, gpuFacts } from './testing/facts.ts'

describe('the cost of a run', () => {
  const quote = { pricePerHourUsd: 3.6, source: 'a price list' }
  const launchedAt = '2026-03-02T09:00:00.000Z'
  const machine = { ...gpuFacts().machine, launchedAt } as NonNullable<ReturnType<typeof gpuFacts>['machine']>
  const termination = { ...gpuFacts().termination, confirmedAt: '2026-03-02T09:10:00.000Z' }

  it('is the price for the time from the launch to the confirmed end', () => {
    const cost = buildCost(gpuFacts({ quote, machine, termination }), 100)
    expect(cost).toMatchObject({ billed_seconds: 600, machine_usd: 0.6, work_per_usd: 100_000, complete: true })
  })

  it('is a minute’s at least, as providers bill it', () => {
    const short = { ...termination, confirmedAt: '2026-03-02T09:00:05.000Z' }
    expect(buildCost(gpuFacts({ quote, machine, termination: short }), null)?.machine_usd).toBeCloseTo(0.06)
  })

  it('goes on while nobody confirmed the end', () => {
    const open = { ...termination, state: 'unconfirmed' as const, confirmedAt: null }
    const cost = buildCost(gpuFacts({ quote, machine, termination: open, finishedAt: '2026-03-02T10:00:00.000Z' }), 1)
    expect(cost).toMatchObject({ machine_usd: 3.6, complete: false })
  })

  it('is not known without a price, or without a machine', () => {
    expect(buildCost(cpuFacts(), 10)).toBeNull()
    expect(buildCost(gpuFacts({ quote, machine: null }), 10)).toBeNull()
  })
})
