import { expect, it } from 'vitest'
import { clipInterval, formatThroughput } from './format.ts'

it('shows no throughput below zero', () => {
  expect(clipInterval({ low: -2.13, high: 7.73 })).toEqual({ low: 0, high: 7.73 })
  expect(clipInterval({ low: 1, high: 2 })).toEqual({ low: 1, high: 2 })
})

it('has a dash for a number that is not known', () => {
  expect(formatThroughput(null)).toBe('–')
})
