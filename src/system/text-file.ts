/** Reads files that the user names or that other programs write: they may be of any size, or without an end (`/dev/zero`). */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'

const CHUNK_BYTES = 64 * 1024

/**
 * The text of a file, a pipe or a device, decoded as UTF-8. Reading stops after more than `maxCharacters` (UTF-16 code
 * units): a longer result than that is too long, and may be cut. Throws as `readFileSync` does.
 */
export function readTextFile(path: string, maxCharacters: number): string {
  const file = openSync(path, 'r')
  try {
    const decoder = new StringDecoder('utf8')
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    let text = ''
    while (text.length <= maxCharacters) {
      const count = readSync(file, chunk)
      if (count === 0) return text + decoder.end()
      text += decoder.write(chunk.subarray(0, count))
    }
    return text
  } finally {
    closeSync(file)
  }
}

/** The end of a regular file, at most `maxBytes` of it, without a character that is cut. Empty if it cannot be read. */
export function readEndOfTextFile(path: string, maxBytes: number): string {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const { size } = fstatSync(file)
    const start = Math.max(0, size - maxBytes)
    const bytes = Buffer.alloc(size - start)
    const count = readSync(file, bytes, 0, bytes.length, start)
    return dropCutCharacter(bytes.subarray(0, count), start > 0).toString('utf8')
  } catch {
    return ''
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/** A character of UTF-8 has at most three bytes after its first. */
function dropCutCharacter(bytes: Buffer, isCut: boolean): Buffer {
  let first = 0
  while (isCut && first < 3 && ((bytes[first] ?? 0) & 0xc0) === 0x80) first++
  return bytes.subarray(first)
}
