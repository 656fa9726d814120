import { describe, expect, it } from 'vitest'
import {
  formatCap,
  formatCount,
  formatRate,
  formatRateInterval,
  formatRateRange,
  formatRateSpread,
  formatRateSummary,
  formatWork,
  nameWorkPerDollar,
} from './format.ts'

it.each([
  [0, '0 trials'],
  [1, '1 trial'],
  [2, '2 trials'],
])('counts %d in words', (count, words) => {
  expect(formatCount(count, 'trial')).toBe(words)
})

const images = (value: number) => ({ value, unit: 'images/s' })
const flop = (value: number) => ({ value, unit: 'FLOP/s' })

describe('a rate', () => {
  it.each([
    [images(343.21), '343.2 images/s'],
    [images(7.728), '7.73 images/s'],
    [images(12_345.6), '12,345.6 images/s'],
    [flop(0), '0.00 FLOP/s'],
    [flop(987), '987.0 FLOP/s'],
    [flop(31_400_000_000), '31.4 GFLOP/s'],
    [flop(1e12), '1.00 TFLOP/s'],
    [flop(1.979e15), '1.98 PFLOP/s'],
    [{ value: 3.35e12, unit: 'B/s' }, '3.35 TB/s'],
  ])('%j is shown as %s', (rate, text) => expect(formatRate(rate)).toBe(text))

  it('shows its interval in its own unit and digits', () => {
    const interval = { low: 9.9e11, high: 1.05e12 }
    expect(formatRateInterval(flop(1.02e12), interval)).toBe('0.99 to 1.05 TFLOP/s')
    expect(formatRateSpread(flop(1.02e12), interval)).toBe('± 0.03')
    expect(formatRateInterval(images(343.3), { low: 342.1, high: 344.5 })).toBe('342.1 to 344.5 images/s')
    expect(formatRateSpread(images(2.8), { low: 2.55, high: 3.05 })).toBe('± 0.25')
  })

  it('is never shown below zero, whatever the spread', () => {
    const uneven = { low: -2.13, high: 7.73 }
    expect(formatRateSpread(images(2.8), uneven)).toBe('up to 7.73')
    expect(formatRateInterval(images(2.8), uneven)).toBe('up to 7.73 images/s')
    expect(formatRateRange(images(12), { low: -25.92, high: 35.3 })).toBe('up to 35.3')
  })
})

it('shows a mean with its spread over trials', () => {
  const narrow = { low: 340.2, high: 346.4, half_width: 3.1 }
  const summary = { mean: 343.3, unit: 'images/s', n: 3, confidence_interval_95: narrow }
  expect(formatRateSummary(summary)).toBe('343.3 images/s ± 3.1 (95 % interval over 3 trials)')
  const wide = { low: -27.69, high: 33.29, half_width: 30.49 }
  expect(formatRateSummary({ ...summary, mean: 2.8, n: 2, confidence_interval_95: wide })).toBe(
    '2.80 images/s (95 % interval up to 33.29 images/s, over 2 trials)',
  )
  expect(formatRateSummary({ ...summary, unit: 'FLOP/s', n: 1, confidence_interval_95: null })).toBe(
    '343.3 FLOP/s (1 trial)',
  )
})

it('counts images, and gives FLOP a prefix', () => {
  expect(formatWork(25_740, 'images')).toBe('25,740 images')
  expect(formatWork(3.69e15, 'FLOP')).toBe('3.69 PFLOP')
  expect([nameWorkPerDollar('images/s'), nameWorkPerDollar('FLOP/s')]).toEqual(['Images per dollar', 'FLOP per dollar'])
})

it('writes amounts of a budget, below zero and without a cap', () => {
  expect([null, 0, 1.005, 1234.5, -5].map(formatCap)).toEqual(['no limit', '$0.00', '$1.00', '$1234.50', '-$5.00'])
})
