import { execFileSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readEndOfTextFile, readTextFile } from './text-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'radix-text-file-'))
const write = (name: string, content: string) => {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}

describe('readTextFile', () => {
  it.each([
    ['an empty file', ''],
    ['a short file', 'a: 1\n'],
    ['characters that lie across the chunks', 'x'.concat('äöü€😀'.repeat(20_000))],
    ['exactly the limit', 'x'.repeat(200_000)],
  ])('reads %s as a whole', (_, text) => {
    expect(readTextFile(write('whole', text), 200_000)).toBe(text)
  })

  it('stops after more than the limit', () => {
    expect(readTextFile(write('long', 'x'.repeat(500_000)), 1000).length).toSatisfy((n) => n > 1000 && n < 200_000)
  })

  it.runIf(process.platform === 'linux')('stops in a device without an end', () => {
    expect(readTextFile('/dev/zero', 1000).length).toBeGreaterThan(1000)
  })

  it('reads a pipe', () => {
    const program = `import { readTextFile } from ${JSON.stringify(join(import.meta.dirname, 'text-file.ts'))}
      process.stdout.write(readTextFile('/dev/stdin', 10))`
    const line = 'printf "hosts: 1" | "$1" --input-type=module --eval "$2"'
    const argv = ['-c', line, 'sh', process.execPath, program]
    expect(execFileSync('/bin/sh', argv, { encoding: 'utf8' })).toBe('hosts: 1')
  })

  it('throws for a folder and for a file that is not there', () => {
    expect(() => readTextFile(folder, 10)).toThrow(/EISDIR/)
    expect(() => readTextFile(join(folder, 'none'), 10)).toThrow(/ENOENT/)
  })
})

describe('readEndOfTextFile', () => {
  it('reads a short file as a whole, and nothing where there is no file', () => {
    expect(readEndOfTextFile(write('log', 'one\ntwo\n'), 100)).toBe('one\ntwo\n')
    expect(readEndOfTextFile(join(folder, 'none'), 100)).toBe('')
    expect(readEndOfTextFile(folder, 100)).toBe('')
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('begins at a whole character in the last %d bytes', (maxBytes) => {
    const end = readEndOfTextFile(write('log', 'x'.repeat(100).concat('😀€ä')), maxBytes)
    expect('😀€ä'.endsWith(end)).toBe(true)
    expect(Buffer.byteLength(end)).toBeGreaterThan(maxBytes - 4)
  })
})
