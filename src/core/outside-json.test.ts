import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { MAX_JSON_DEPTH, measureDepth, parseOutsideJson, readOutsideJson, tryParseOutsideJson } from './outside-json.ts'

const bounds = { maxCharacters: 1_000_000 }
const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)

describe('JSON from outside', () => {
  it('is parsed by its schema, also behind a byte order mark', () => {
    expect(parseOutsideJson('\ufeff{"a":1}', z.object({ a: z.number() }), bounds)).toEqual({ a: 1 })
  })

  it('is refused before any traversal when it is nested too deeply', () => {
    expect(readOutsideJson(nested(MAX_JSON_DEPTH), bounds)).toBeInstanceOf(Array)
    expect(() => readOutsideJson(nested(MAX_JSON_DEPTH + 1), bounds)).toThrow(/more than 64 levels/)
    expect(() => readOutsideJson(nested(400_000), bounds)).toThrow(/more than 64 levels/)
  })

  it('is refused before anything walks it when it has too many values, at any level', () => {
    const few = { maxCharacters: 1000, maxValues: 5 }
    expect(readOutsideJson('[1,{"a":",[{,"},3]', few)).toHaveLength(3)
    expect(() => readOutsideJson('[1,{"a":2},3,4,5]', few)).toThrow(/more than 5 values/)
    expect(() => readOutsideJson('[[[[[[]]]]]]', few)).toThrow(/more than 5 values/)
  })

  it.each([
    ['too long', '"abcdef"', /more than 5 characters/, { maxCharacters: 5 }],
    ['not JSON', '{"a":', /not JSON/, bounds],
    ['not as agreed', '{"a":"x"}', /^a: /, bounds],
  ])('says that it is %s', (_, text, reason, limit) => {
    const schema = z.object({ a: z.number() })
    expect(() => parseOutsideJson(text, schema, limit)).toThrow(reason)
    expect(tryParseOutsideJson(text, schema, limit)).toBeNull()
  })

  it('measures the depth of the value, whatever its strings contain', () => {
    const depthOf = (value: unknown): number => {
      if (typeof value !== 'object' || value === null) return 0
      return 1 + Math.max(0, ...Object.values(value).map(depthOf))
    }
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        expect(measureDepth(JSON.stringify(value, null, 1))).toBe(depthOf(value))
      }),
    )
    expect(measureDepth('"[[{\\"["')).toBe(0)
  })
})
