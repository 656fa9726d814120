/**
 * The package inside an executable: the length of the index, the index as JSON, and the files one after the other,
 * compressed. Pure but for the compression.
 */
import { createHash } from 'node:crypto'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

/** The name of the asset. */
export const ARCHIVE = 'package'
/** A CommonJS file of the archive: the loader of an executable starts no other. */
export const ENTRY = './start.cjs'

export interface PackedFile {
  path: string
  /** As `chmod` takes it. */
  mode: number
  size: number
}

interface FileWithContent extends Omit<PackedFile, 'size'> {
  content: Buffer
}

const LENGTH_BYTES = 4
/** Higher ones take many times as long, for a tenth of the size. */
const LEVEL = 12

export function pack(files: readonly FileWithContent[]): Buffer {
  const index = files.map(({ path, mode, content }): PackedFile => ({ path, mode, size: content.length }))
  const header = Buffer.from(JSON.stringify({ index, digest: digestOf(files) }))
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32LE(header.length)
  const params = { [constants.ZSTD_c_compressionLevel]: LEVEL }
  return Buffer.concat([
    length,
    header,
    zstdCompressSync(Buffer.concat(files.map(({ content }) => content)), { params }),
  ])
}

/** `digest` names the content: another build has another folder. */
export function readIndex(archive: Buffer): { index: PackedFile[]; digest: string } {
  return JSON.parse(archive.toString('utf8', LENGTH_BYTES, contentStart(archive)))
}

export function unpack(archive: Buffer): FileWithContent[] {
  const content = zstdDecompressSync(archive.subarray(contentStart(archive)))
  let start = 0
  return readIndex(archive).index.map(({ path, mode, size }) => {
    start += size
    return { path, mode, content: content.subarray(start - size, start) }
  })
}

function contentStart(archive: Buffer): number {
  return LENGTH_BYTES + archive.readUInt32LE()
}

function digestOf(files: readonly FileWithContent[]): string {
  const hash = createHash('sha256')
  for (const { path, mode, content } of files) hash.update(`${path}\0${mode}\0${content.length}\0`).update(content)
  return hash.digest('hex').slice(0, 32)
}
