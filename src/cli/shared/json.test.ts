import fc from 'fast-check'
import { expect, it } from 'vitest'
import { OutsideJsonError } from '../../core/outside-json.ts'
import { DuplicateMemberError, parseJson } from './json.ts'

const BOUNDS = { maxCharacters: 1_000_000, maxDepth: 10_000 }

it('reads any JSON unchanged', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), fc.nat(3), (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      expect(parseJson(text, BOUNDS)).toEqual(JSON.parse(text))
    }),
  )
})

it.each([
  '{"a":1,"a":1}',
  '[{"b":{"a":1,\n"c":"x\\":","a" : 2}}]',
  '{"\\u0061":1,"a":2}',
  '{"signature":1,"signature":{}}',
])('refuses a duplicate member: %s', (text) => {
  expect(() => parseJson(text, BOUNDS)).toThrow(DuplicateMemberError)
})

it('skips a byte order mark', () => {
  expect(parseJson('\ufeff{"a":1}', BOUNDS)).toEqual({ a: 1 })
})

it.each(['', '{', '{"a":1}}'])('refuses invalid JSON: %s', (text) => {
  expect(() => parseJson(text, BOUNDS)).toThrow(OutsideJsonError)
})
