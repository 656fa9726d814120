import { expect, it } from 'vitest'
import { ReportedText } from './common.ts'

it('cuts reported text where it is too long, and never leaves half a character', () => {
  expect(ReportedText(3).parse('abcd')).toBe('abc')
  expect(ReportedText(3).parse('ab😀').isWellFormed()).toBe(true)
})
