import { describe, expect, it } from 'vitest'
import { formatTimes, rangeOf, timeRangeOf } from './trend-axes.ts'

const at = (time: string) => new Date(time).getTime() / 1000
const point = (value: number, interval: { low: number; high: number } | null) => ({
  throughput: value,
  interval,
})

describe('the time axis', () => {
  it('gives one run alone a day on each side', () => {
    const range = timeRangeOf([{ measured_at: '2026-11-27T09:00:00.000Z' }])
    expect(range).toEqual([at('2026-11-26T09:00:00Z'), at('2026-11-28T09:00:00Z')])
  })

  it('never says the same twice in a row', () => {
    const days = ['2026-11-26T00:00:00', '2026-11-27T00:00:00', '2026-11-28T00:00:00'].map(at)
    expect(new Set(formatTimes(days)).size).toBe(3)
    expect(formatTimes([at('2026-11-27T00:00:00'), at('2026-11-27T00:00:00.400')])[1]).toBe('')
  })

  it('says days where the marks are days apart, also beside a change of the clocks', () => {
    const [first = '', second = ''] = formatTimes([at('2026-11-26T01:00:00'), at('2026-11-28T01:00:00')])
    expect([first, second].every((text) => /Nov|11/.test(text))).toBe(true)
  })
})

describe('the axis of throughput', () => {
  it('has room for every whisker', () => {
    const [low, high] = rangeOf([point(340, { low: 300, high: 380 }), point(345, null)])
    expect(low).toBeLessThan(300)
    expect(high).toBeGreaterThan(380)
  })

  it('never goes below zero, nor is it flattened by one uneven run', () => {
    const [low, high] = rangeOf([point(2.8, { low: -2.13, high: 70 }), point(2.9, null)])
    expect(low).toBeGreaterThanOrEqual(0)
    expect(high).toBeLessThan(6)
  })
})
