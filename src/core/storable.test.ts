import fc from 'fast-check'
import { expect, it } from 'vitest'
import { toStorableJson, toStorableText } from './storable.ts'

it('replaces what PostgreSQL does not take, and nothing else', () => {
  expect(toStorableText('a\0b\ud800c\ud83d\ude00')).toBe('a\ufffdb\ufffdc\ud83d\ude00')
  expect(toStorableText(undefined)).toBeNull()
  expect(toStorableJson(undefined)).toBe('null')
  expect(toStorableJson({ '\0': '\\u0000 \\\0', x: ['\udc00'] })).toBe(
    '{"\ufffd":"\\\\u0000 \\\\\ufffd","x":["\ufffd"]}'.replaceAll('\ufffd', '\\ufffd'),
  )
})

it('leaves the rest of any JSON as it is', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      const expected = JSON.parse(JSON.stringify(value, (_, inner) => replaceIn(inner)))
      expect(JSON.parse(toStorableJson(value))).toEqual(expected)
    }),
  )
})

function replaceIn(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\0', '\ufffd').toWellFormed()
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [toStorableText(key), inner]))
}
