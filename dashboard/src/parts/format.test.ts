import { describe, expect, it } from 'vitest'
import { clipInterval, formatInterval, formatSpread } from './format.ts'

describe('an interval', () => {
  it('is shown as its half, and from end to end', () => {
    expect(formatSpread(343.3, { low: 342.1, high: 344.5 })).toBe('± 1.2')
    expect(formatInterval(343.3, { low: 342.1, high: 344.5 })).toBe('342.1 to 344.5 images/s')
    expect(formatSpread(2.8, { low: 2.55, high: 3.05 })).toBe('± 0.25')
  })

  it('never shows a throughput below zero', () => {
    const uneven = { low: -2.13, high: 7.73 }
    expect(formatSpread(2.8, uneven)).toBe('up to 7.73')
    expect(formatInterval(2.8, uneven)).toBe('up to 7.73 images/s')
    expect(clipInterval(uneven)).toEqual({ low: 0, high: 7.73 })
    expect(clipInterval({ low: 1, high: 2 })).toEqual({ low: 1, high: 2 })
  })
})
