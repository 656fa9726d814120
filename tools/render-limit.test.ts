import { expect, it } from 'vitest'
import { renderLimit } from './render-limit.ts'

it.each([
  [129_600 * 60_000, 'ms', '90 days'],
  [86_400_000, 'ms', '1 day'],
  [3_600_000, 'ms', '1 h'],
  [90_000, 'ms', '90 s'],
  [60_000, 'ms', '1 min'],
  [2500, 'ms', '2.5 s'],
  [300, 'ms', '300 ms'],
  [268_435_456, 'bytes', '256 MiB'],
  [8192, 'bytes', '8 KiB'],
  [16_385, 'bytes', '16,385 bytes'],
  [3_145_728, 'characters', '3,145,728 characters'],
  [100_000, 'count', '100,000'],
] as const)('shows %i %s as %s', (value, unit, shown) => {
  expect(renderLimit({ value, unit })).toBe(shown)
})
