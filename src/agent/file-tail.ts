/** Follows a file that grows, line by line, from a byte offset on. */
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { AGENT_LIMITS } from '../core/limits/agent.ts'

export interface TailedLine {
  text: string
  /** Where the next line begins. */
  endOffset: number
}

/** The workload's folder may contain anything: links are not followed, and pipes are not waited for. */
export const UNTRUSTED_FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

const CHUNK_BYTES = 64 * 1024
/** Longer lines are cut into pieces: a program may write without ever ending a line. */
const MAXIMUM_LINE_BYTES = AGENT_LIMITS.logLine.value

/**
 * The complete lines after `offset`; with `final`, also an unfinished last line. About one chunk at a time at most.
 * Empty if there is no readable file.
 */
export async function readLines(path: string, offset: number, final = false): Promise<TailedLine[]> {
  const file = await open(path, UNTRUSTED_FILE).catch(() => undefined)
  if (!file) return []
  try {
    return splitLines(await readChunk(file, offset), offset, final)
  } catch {
    return []
  } finally {
    await file.close()
  }
}

async function readChunk(file: FileHandle, offset: number): Promise<Buffer> {
  const buffer = Buffer.alloc(CHUNK_BYTES)
  const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, offset)
  return buffer.subarray(0, bytesRead)
}

function splitLines(chunk: Buffer, offset: number, final: boolean): TailedLine[] {
  const lines: TailedLine[] = []
  let start = 0
  while (start < chunk.length) {
    const newline = chunk.indexOf(10, start)
    const end = newline === -1 ? chunk.length : newline
    const cut = Math.min(end, start + MAXIMUM_LINE_BYTES)
    const isWhole = newline !== -1 || cut < end || (final && chunk.length < CHUNK_BYTES)
    if (!isWhole) break
    const next = cut === newline ? cut + 1 : cut
    lines.push({ text: chunk.toString('utf8', start, cut), endOffset: offset + next })
    start = next
  }
  return lines
}
