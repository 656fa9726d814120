import { execFileSync } from 'node:child_process'
import { appendFile, mkdir, mkdtemp, rm, rmdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readLines } from './file-tail.ts'

let directory: string
let path: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'radix-tail-'))
  path = join(directory, 'log')
})
afterEach(() => rm(directory, { recursive: true }))

it('finds nothing in special files, and never blocks on them', async () => {
  await mkdir(path)
  expect(await readLines(path, 0)).toEqual([])
  await rmdir(path)
  execFileSync('mkfifo', [path])
  expect(await readLines(path, 0)).toEqual([])
})

const texts = (lines: { text: string }[]) => lines.map(({ text }) => text)

it('returns nothing for a file that does not exist yet', async () => {
  expect(await readLines(path, 0)).toEqual([])
})

it('returns only whole lines, and continues where it stopped', async () => {
  await writeFile(path, 'one\ntwo\nthr')
  const first = await readLines(path, 0)
  expect(texts(first)).toEqual(['one', 'two'])
  await appendFile(path, 'ee\n')
  expect(texts(await readLines(path, first.at(-1)?.endOffset ?? 0))).toEqual(['three'])
})

it('returns an unterminated last line when the file is final', async () => {
  await writeFile(path, 'one\ntwo')
  expect(texts(await readLines(path, 0, true))).toEqual(['one', 'two'])
})

it('splits an endless line, and loses none of it', async () => {
  await writeFile(path, `${'x'.repeat(200_000)}\nend\n`)
  let offset = 0
  let joined = ''
  for (;;) {
    const lines = await readLines(path, offset, true)
    if (lines.length === 0) break
    joined += texts(lines).join('')
    offset = lines.at(-1)?.endOffset ?? offset
  }
  expect(joined).toBe(`${'x'.repeat(200_000)}end`)
})

it('keeps empty lines and text beyond ASCII', async () => {
  await writeFile(path, 'ä\n\n✓\n')
  expect(texts(await readLines(path, 0))).toEqual(['ä', '', '✓'])
})
