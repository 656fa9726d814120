import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { packTar, readTarFile } from './tar.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'radix-tar-'))
})
afterEach(() => rm(directory, { recursive: true }))

const FILES = [
  { path: 'package.json', content: Buffer.from('{}'), mode: 0o644 },
  { path: 'a/empty', content: Buffer.alloc(0), mode: 0o644 },
  { path: 'a/block', content: Buffer.alloc(512, 'b'), mode: 0o755 },
  { path: 'a/b/large', content: Buffer.alloc(200_001, 'x'), mode: 0o755 },
]

it('is what tar unpacks, with modes, and the same bytes each time', async () => {
  const archive = packTar(FILES)
  expect(packTar(FILES)).toEqual(archive)
  await writeFile(join(directory, 'a.tar'), archive)
  execFileSync('tar', ['-xf', 'a.tar'], { cwd: directory })
  for (const { path, content, mode } of FILES) {
    expect(await readFile(join(directory, path))).toEqual(content)
    expect((await stat(join(directory, path))).mode & 0o777).toBe(mode)
  }
})

it('refuses a path that does not fit', () => {
  expect(() => packTar([{ path: 'x'.repeat(101), content: Buffer.alloc(0), mode: 0o644 }])).toThrow(RangeError)
})

const read = async (archive: Buffer, path: string, chunkBytes: number) => {
  const chunks = Array.from({ length: Math.ceil(archive.length / chunkBytes) }, (_, index) =>
    archive.subarray(index * chunkBytes, (index + 1) * chunkBytes),
  )
  const parts: Buffer[] = []
  for await (const part of readTarFile(Readable.from(chunks), path)) parts.push(part)
  return Buffer.concat(parts)
}

it.each([1000, 512, 65_536, 10_000_000])('reads each file of what tar wrote, in chunks of %i bytes', async (bytes) => {
  await writeFile(join(directory, 'a.tar'), packTar(FILES))
  execFileSync('sh', ['-c', 'tar -xf a.tar && tar -cf b.tar package.json a'], { cwd: directory })
  const archive = await readFile(join(directory, 'b.tar'))
  for (const { path, content } of FILES.filter(({ content }) => content.length > 0)) {
    expect(await read(archive, path, bytes)).toEqual(content)
  }
})

it('says what an archive lacks, and where it ends', async () => {
  await expect(read(packTar(FILES), 'a/none', 4096)).rejects.toThrow('no a/none')
  await expect(read(packTar(FILES).subarray(0, 5000), 'a/b/large', 4096)).rejects.toThrow('ends within a/b/large')
})
