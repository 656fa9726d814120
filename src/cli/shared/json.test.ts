import fc from 'fast-check'
import { expect, it } from 'vitest'
import { DuplicateMemberError, parseJson } from './json.ts'

it('reads any JSON as it is', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), fc.nat(3), (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      expect(parseJson(text)).toEqual(JSON.parse(text))
    }),
  )
})

it.each([
  '{"a":1,"a":1}',
  '[{"b":{"a":1,\n"c":"x\\":","a" : 2}}]',
  '{"\\u0061":1,"a":2}',
  '{"signature":1,"signature":{}}',
])('refuses a member that stands twice: %s', (text) => {
  expect(() => parseJson(text)).toThrow(DuplicateMemberError)
})

it.each(['', '{', '{"a":1}}'])('refuses what is not JSON: %s', (text) => {
  expect(() => parseJson(text)).toThrow(SyntaxError)
})
