/** Writes and reads tar archives (ustar), as far as the agent's program needs them. */

export interface TarFile {
  path: string
  content: Uint8Array
  mode: number
}

const BLOCK = 512
const NAME_BYTES = 100

/** Deterministic: without times and owners. Throws `RangeError` for a path that a header has no room for. */
export function packTar(files: readonly TarFile[]): Buffer {
  const parts = files.flatMap(({ path, content, mode }) => [
    renderHeader(path, content.length, mode),
    content,
    Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK),
  ])
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)])
}

function renderHeader(path: string, size: number, mode: number): Buffer {
  if (Buffer.byteLength(path) > NAME_BYTES) throw new RangeError(`${path} is too long for a tar header`)
  const header = Buffer.alloc(BLOCK)
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`
  header.write(path, 0)
  header.write(octal(mode, 7), 100)
  header.write(octal(0, 7), 108)
  header.write(octal(0, 7), 116)
  header.write(octal(size, 11), 124)
  header.write(octal(0, 11), 136)
  header.write('        ', 148)
  header.write('0', 156)
  header.write('ustar\0' + '00', 257)
  const checksum = header.reduce((sum, byte) => sum + byte, 0)
  header.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}

/** The content of one file of an archive, as it comes. Throws if the archive has no such file or ends within it. */
export async function* readTarFile(archive: AsyncIterable<Buffer>, path: string): AsyncGenerator<Buffer> {
  let pending: Buffer = Buffer.alloc(0)
  /** Bytes of the file at hand, and of its padding, that are still to come. */
  let left = 0
  let padding = 0
  let isWanted = false
  for await (const chunk of archive) {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    for (;;) {
      if (left > 0) {
        const piece = pending.subarray(0, left)
        pending = pending.subarray(piece.length)
        left -= piece.length
        if (isWanted && piece.length > 0) yield piece
        if (left > 0) break
        if (isWanted) return
      }
      if (pending.length < padding + BLOCK) break
      const header = pending.subarray(padding, padding + BLOCK)
      pending = pending.subarray(padding + BLOCK)
      left = Number.parseInt(textAt(header, 124, 12), 8) || 0
      padding = (BLOCK - (left % BLOCK)) % BLOCK
      isWanted = textAt(header, 0, NAME_BYTES) === path
    }
  }
  throw new Error(isWanted ? `the archive ends within ${path}` : `the archive has no ${path}`)
}

function textAt(header: Buffer, start: number, length: number): string {
  return (
    header
      .subarray(start, start + length)
      .toString('latin1')
      .split('\0')[0] ?? ''
  ).trim()
}
