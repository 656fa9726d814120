import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { isRadixError, type RadixError } from '../errors/radix-error.ts'
import { syncDirectory, writeFileAtomically } from './atomic-file.ts'
import { fileError } from './file-errors.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'radix-atomic-'))
})
afterEach(() => rm(directory, { recursive: true }))

it('writes text and bytes, replaces the old file, and leaves no draft', async () => {
  const path = join(directory, 'a.json')
  await writeFileAtomically(path, 'first')
  await writeFileAtomically(path, Buffer.from([0, 255]))
  expect([...(await readFile(path))]).toEqual([0, 255])
  expect(await readdir(directory)).toEqual(['a.json'])
})

it('creates folders, and the file with the given mode', async () => {
  const path = join(directory, 'a', 'b', 'token')
  await writeFileAtomically(path, 'secret', 0o600)
  expect(((await stat(path)).mode & 0o777).toString(8)).toBe('600')
})

it('restricts a file that others could read to the given mode', async () => {
  const path = join(directory, 'token')
  await writeFile(path, 'old', { mode: 0o644 })
  await writeFileAtomically(path, 'secret', 0o600)
  expect(((await stat(path)).mode & 0o777).toString(8)).toBe('600')
})

it('shows readers the old or the new content, never a part', async () => {
  const path = join(directory, 'a')
  const contents = ['a', 'b', 'c'].map((letter) => letter.repeat(200_000))
  await writeFileAtomically(path, contents[0] ?? '')
  const writing = (async () => {
    for (let round = 0; round < 10; round++) for (const content of contents) await writeFileAtomically(path, content)
  })()
  const seen = new Set<string>()
  let isDone = false
  void writing.then(() => {
    isDone = true
  })
  while (!isDone) seen.add(await readFile(path, 'utf8'))
  expect([...seen].every((content) => contents.includes(content))).toBe(true)
})

it('leaves no draft when it fails, and keeps the old file', async () => {
  const path = join(directory, 'folder')
  await mkdir(path)
  await writeFile(join(path, 'inside'), 'kept')
  const error: unknown = await writeFileAtomically(path, 'x').catch((reason) => reason)
  expect(isRadixError(error, 'FILE_NOT_WRITABLE')).toBe(true)
  expect(await readdir(directory)).toEqual(['folder'])
  expect(await readdir(path)).toEqual(['inside'])
})

it('names the file that cannot be written, and the reason', async () => {
  await writeFile(join(directory, 'file'), '')
  const path = join(directory, 'file', 'below')
  const error: unknown = await writeFileAtomically(path, 'x').catch((reason) => reason)
  expect(error).toMatchObject({
    code: 'FILE_NOT_WRITABLE',
    why: expect.stringContaining(path),
    fix: expect.stringContaining(`move ${join(directory, 'file')} away`),
  })
})

it('names the obstacle: the file, a parent, or the folder', async () => {
  const file = join(directory, "it's a file")
  await writeFile(file, '')
  const refuse = (code: string, path: string) => Object.assign(new Error(`${code}: refused`), { code, path })
  const fixOf = (path: string, error: Error) => (fileError(path, error) as RadixError).fix
  const quoted = file.replace("'", "'\\''")
  expect(fixOf(file, refuse('EACCES', file))).toContain(`file (\`ls -l '${quoted}'\`)`)
  expect(fixOf(file, refuse('EACCES', `${file}.draft`))).toContain(`folder (\`ls -ld ${directory}\`)`)
  expect(fixOf(join(directory, 'a', 'b'), refuse('EACCES', join(directory, 'a')))).toContain(`ls -ld ${directory}\``)
  expect(fixOf(directory, refuse('EACCES', join(directory, 'x')))).toContain(`ls -ld ${directory}\``)
  expect(fixOf(directory, refuse('EISDIR', directory))).toContain(`${directory} is a folder`)
  expect(fixOf(file, refuse('ENOTDIR', file))).toContain('a folder is needed')
  expect(fixOf(file, refuse('EROFS', file))).toContain('read-only')
})

it('reports a full disk', async () => {
  // Every write to this device fails as on a full disk.
  await symlink('/dev/full', join(directory, 'full'))
  const failure: unknown = await writeFile(join(directory, 'full'), 'x').catch((reason) => reason)
  expect(fileError('/data/a', failure)).toMatchObject({
    code: 'DISK_FULL',
    cause: failure,
    why: expect.stringContaining('/data/a'),
  })
})

it('passes on errors that are not about a file', () => {
  const bug = new TypeError('a bug')
  expect(fileError('/data/a', bug)).toBe(bug)
  expect(fileError('/data/a', 'text')).toBe('text')
  const content = Object.assign(new Error('Cannot create a string longer than …'), { code: 'ERR_STRING_TOO_LONG' })
  expect(fileError('/data/a', content)).toBe(content)
})

it('syncs a folder, and fails for a missing one', async () => {
  await syncDirectory(directory)
  await expect(syncDirectory(join(directory, 'none'))).rejects.toThrow('ENOENT')
})
