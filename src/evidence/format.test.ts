import { expect, it } from 'vitest'
import { formatInterval } from '../core/format.ts'
import { formatThroughputSummary } from './format.ts'
import { summarise } from './summaries.ts'

it('shows no throughput below zero, whatever the spread', () => {
  const wide = summarise([0.4, 5.2])
  if (!wide?.confidence_interval_95) throw new Error('two trials have an interval')
  expect(wide.confidence_interval_95.low).toBeLessThan(0)
  expect(formatThroughputSummary(wide)).toBe('2.80 images/s (95 % interval up to 33.29 images/s, over 2 trials)')
  expect(formatInterval({ low: -25.92, high: 35.3 }, 1)).toBe('up to 35.3')
})

it('shows a narrow interval by its half', () => {
  const narrow = summarise([343.2, 342.1, 344.6])
  expect(narrow && formatThroughputSummary(narrow)).toBe('343.3 images/s ± 3.1 (95 % interval over 3 trials)')
})
