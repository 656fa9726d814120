import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type LineOptions, LineTooLong, readLines } from './read-lines.ts'

const BOUNDS = { maxCharacters: 100 }

async function* inPieces(text: string, cuts: readonly number[]) {
  const bytes = new TextEncoder().encode(text)
  const ends = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  for (const [at, end] of ends.entries()) yield bytes.slice(ends[at - 1] ?? 0, end)
}

function read(text: string, options: LineOptions, cuts: readonly number[] = []): Promise<string[]> {
  return collect(inPieces(text, cuts), options)
}

async function collect(chunks: AsyncIterable<Uint8Array>, options: LineOptions): Promise<string[]> {
  const lines: string[] = []
  for await (const line of readLines(chunks, options)) lines.push(line)
  return lines
}

describe('lines of a stream', () => {
  it('end in any of the three ways', async () => {
    expect(await read('a\nb\r\nc\r\rd', BOUNDS)).toEqual(['a', 'b', 'c', '', 'd'])
    expect(await read('a\r', BOUNDS)).toEqual(['a'])
  })

  it('are the same in any chunks', async () => {
    const lines = fc.array(fc.constantFrom('€', 'x', '\r', '\n', '\r\n'), { maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(lines, fc.array(fc.nat(100), { maxLength: 8 }), async (parts, cuts) => {
        const text = parts.join('')
        const expected = text.split(/\r\n|\n|\r/)
        if (expected.at(-1) === '') expected.pop()
        expect(await read(text, BOUNDS, cuts)).toEqual(expected)
      }),
    )
  })

  it('are read only up to the limit', async () => {
    let given = 0
    async function* endless() {
      for (;;) {
        given++
        yield new TextEncoder().encode('x'.repeat(30))
      }
    }
    await expect(collect(endless(), BOUNDS)).rejects.toThrow(LineTooLong)
    expect(given).toBe(4)
    await expect(read(`${'x'.repeat(101)}\n`, BOUNDS)).rejects.toThrow('more than 100 characters')
  })
})
