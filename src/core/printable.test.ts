import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  printable,
  printableInActions,
  printableJson,
  printableLine,
  printableLogLine,
  printableStyled,
} from './printable.ts'

describe('text from outside, printed', () => {
  it.each([
    ['colours', '\x1b[31mred\x1b[0m', 'red'],
    ['a clipboard order (OSC 52)', '\x1b]52;c;ZXZpbA==\x07text', 'text'],
    ['a link (OSC 8)', '\x1b]8;;https://evil.example\x1b\\label\x1b]8;;\x1b\\', 'label'],
    ['an order without its end', 'before\x1b]0;title', 'before'],
    ['eight-bit CSI', '\x9b2Jtext', 'text'],
    ['a device control string', '\x1bPq#0;2;0;0;0\x1b\\text', 'text'],
    ['a reset', '\x1bctext', 'text'],
    ['backspaces', 'ab\b\bxy', 'abxy'],
    ['reversed text', 'user\u202egnp.exe', 'usergnp.exe'],
    ['a progress bar', '10 %\r20 %\r\ndone', '10 %\n20 %\ndone'],
    ['tabs and lines stay', 'a\tb\nc', 'a\tb\nc'],
    ['words of other scripts stay', '温度 60 °C, größer', '温度 60 °C, größer'],
  ])('%s', (_, text, expected) => expect(printable(text)).toBe(expected))

  it('can be reduced to one line', () => {
    expect(printableLine(' 595.71\n::add-mask::x\r\n ')).toBe('595.71 ::add-mask::x')
    expect(printableLine('a\u2028b')).toBe('ab')
  })

  it('keeps a line of a log one line, with its columns', () => {
    const line = '  step\t 12\r\n::add-mask::x\r\x1b[2J  error INTERNAL: it failed\n'
    expect(printableLogLine(line)).toBe('  step\t 12 ::add-mask::x   error INTERNAL: it failed')
  })

  it.each([
    '::add-mask::secret',
    '  ::error file=x::y',
    'fine\n::set-output name=a::b',
    '##[command]rm',
    'x\r::stop-commands::t',
    '\x1b[0m::warning::w',
    'in the middle ##[add-mask]x',
  ])('has no workflow command in it: %j', (text) => {
    expect(printableInActions(text)).not.toMatch(/^\s*::|##\[/m)
  })

  it('keeps Radix’s own colours and no other escape sequence', () => {
    const text = '\x1b[31mred\x1b[39m \x1b[8mhidden\x1b[2J\x1b]0;title\x07'
    expect(printableStyled(text)).toBe('\x1b[31mred\x1b[39m hidden')
  })

  it('keeps the value of JSON, and no control character in its text', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        expect(JSON.parse(printableJson(JSON.stringify(value)))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
    const shown = printableJson(JSON.stringify({ a: '\x9b2J \u2028 ##[group]' }))
    expect(shown).toBe('{"a":"\\u009b2J \\u2028 \\u0023#[group]"}')
  })

  it('holds no control character but tab and line feed, for any text', () => {
    const nasty = fc.string({
      unit: fc.constantFrom('\x1b', '[', ']', '\x07', '\\', 'a', '\n', '\r', '\x9b', ':', '#', '\0'),
    })
    fc.assert(
      fc.property(fc.oneof(nasty, fc.string({ unit: 'binary' })), (text) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
        expect(printable(text)).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/)
        expect(printable(printable(text))).toBe(printable(text))
      }),
    )
  })
})
