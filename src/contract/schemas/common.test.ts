import { expect, it } from 'vitest'
import { ReportedText } from './common.ts'

it('cuts overlong reported text, and never in the middle of a character', () => {
  expect(ReportedText(3).parse('abcd')).toBe('abc')
  expect(ReportedText(3).parse('ab😀').isWellFormed()).toBe(true)
})
