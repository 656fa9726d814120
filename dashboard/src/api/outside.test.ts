import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { cleanOutside, cleanText, readMessage } from './outside.ts'

describe('text from outside', () => {
  it('loses what steers a terminal or turns text around, and keeps its lines', () => {
    expect(cleanText('\u001b[31mred\u001b[0m\u202egpj.exe\u2069\none more\tline')).toBe('redgpj.exe\none more\tline')
  })

  it('is cut where it has no end, and says by how much', () => {
    const shown = cleanText('x'.repeat(3_000_000))
    expect(shown).toHaveLength(20_000 + '… (2980000 more characters)'.length)
    expect(shown.endsWith('… (2980000 more characters)')).toBe(true)
    expect(cleanText(`${'x'.repeat(19_999)}😀`).isWellFormed()).toBe(true)
  })

  it('is cleaned wherever it stands, names of members included, and nothing else is changed', () => {
    const value = { count: 3, at: null, ok: true, '\u202ename': ['\u0007bell', { deep: 'a\u0000b' }] }
    expect(cleanOutside(value)).toEqual({ count: 3, at: null, ok: true, name: ['bell', { deep: 'ab' }] })
  })

  it('may be called like the prototype', () => {
    const value = JSON.parse('{"__proto__": {"polluted": true}}')
    const cleaned = cleanOutside(value)
    expect(Object.keys(cleaned)).toEqual(['__proto__'])
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('ends where it is nested without an end', () => {
    let value: unknown = 'core'
    for (let depth = 0; depth < 50_000; depth++) value = [value]
    expect(JSON.stringify(cleanOutside(value))).toHaveLength(64 * 2 + '"…"'.length)
  })
})

describe('a message of a stream', () => {
  const schema = z.object({ line: z.string() })

  it('is read, and cleaned', () => {
    expect(readMessage('{"line":"\\u001b]0;title\\u0007text"}', schema)).toEqual({ line: 'text' })
  })

  it.each(['', 'not JSON', '{"line":3}', `{"line":"x","deep":${'['.repeat(5000)}`])(
    'is left out where it is not as agreed',
    (text) => {
      expect(readMessage(text, schema)).toBeNull()
    },
  )
})
