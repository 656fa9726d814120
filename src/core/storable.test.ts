import fc from 'fast-check'
import { expect, it } from 'vitest'
import { toStorableJson, toStorableText } from './storable.ts'

it('replaces only what PostgreSQL cannot store', () => {
  expect(toStorableText('a\0b\ud800c\ud83d\ude00')).toBe('a\ufffdb\ufffdc\ud83d\ude00')
  expect(toStorableText(undefined)).toBeNull()
  expect(toStorableJson(undefined)).toBe('null')
  expect(toStorableJson({ '\0': '\\u0000 \\\0', x: ['\udc00'] })).toBe(
    '{"\ufffd":"\\\\u0000 \\\\\ufffd","x":["\ufffd"]}'.replaceAll('\ufffd', '\\ufffd'),
  )
})

it('keeps the rest of any JSON unchanged', () => {
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
