import { expect, it } from 'vitest'
import { secondsToNextSweep } from './interval.ts'

it.each([
  ['a single sweep', {}, null],
  ['one that a schedule starts', { intervalMinutes: 60 }, 3600],
  ['sweep after sweep', { watch: true }, 600],
  ['sweep after sweep, as often as was said', { watch: true, intervalMinutes: 0.5 }, 30],
])('%s: when the next is due', (_, options, seconds) => {
  expect(secondsToNextSweep(options)).toBe(seconds)
})
