import { expect, it } from 'vitest'
import { canonicalJson, comparableJson } from './canonical-json.ts'

it('does not depend on the order of members', () => {
  expect(canonicalJson({ b: 1e21, a: { d: [2, 1], c: 'é' } })).toBe('{"a":{"c":"é","d":[2,1]},"b":1e+21}')
  expect(comparableJson({ b: 1, a: 2 })).toBe(comparableJson({ a: 2, b: 1 }))
})

it('also compares values without a canonical form', () => {
  expect(() => canonicalJson({ a: '\ud800' })).toThrow('surrogate')
  expect(comparableJson({ a: '\ud800' })).not.toBe(comparableJson({ a: '\ud801' }))
  expect(comparableJson(undefined)).not.toBe(comparableJson(null))
})
