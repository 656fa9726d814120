/**
 * Copies a container's output into the job's files while it runs. Output that an earlier agent copied is skipped: the
 * engine keeps each stream whole, so the length of a file is its position.
 */
import { type FileHandle, open } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { AGENT_LIMITS } from '../../../core/limits/agent.ts'
import { INTERVALS } from '../../../core/limits/intervals.ts'
import type { ExecutionFiles } from '../executor.ts'
import type { Engine } from './engine.ts'

interface Copy {
  file: FileHandle
  /** Bytes of the stream that are already in the file. */
  leftToSkip: number
  /** The remaining space of the file; the rest of the stream is left out. */
  room: number
  leftOut: number
}

const HEADER_BYTES = 8
const STDERR = 2

/**
 * Until a read that began after the container exited has reached the end. An engine ends a stream when it restarts, and
 * may end it before the last output of a container that exits. Returns what is missing.
 */
export async function copyAllLogs(
  engine: Pick<Engine, 'followLogs'>,
  containerId: string,
  files: ExecutionFiles,
  exited: Promise<unknown>,
  signal: AbortSignal,
): Promise<string | undefined> {
  let hasExited = false
  const exit = exited.then(() => {
    hasExited = true
  })
  for (;;) {
    const isLast = hasExited
    const leftOut = await copyLogs(engine, containerId, files, signal).catch(() => undefined)
    if (isLast && leftOut === undefined) {
      return 'The log could not be read to its end: the Docker engine did not answer in time.'
    }
    if (isLast) {
      const limit = AGENT_LIMITS.logFile.value
      return leftOut === 0 ? undefined : `The log is over ${limit} bytes; ${leftOut} bytes of it are not kept.`
    }
    await Promise.race([exit, setTimeout(INTERVALS.dockerEngine.value)])
  }
}

/** Resolves at the end of the output, with the number of omitted bytes. Throws if the engine or the disk fails. */
async function copyLogs(
  engine: Pick<Engine, 'followLogs'>,
  containerId: string,
  files: ExecutionFiles,
  signal: AbortSignal,
): Promise<number> {
  const stdout = await openCopy(files.stdoutPath)
  const stderr = await openCopy(files.stderrPath)
  try {
    const logs = await engine.followLogs(containerId, signal)
    let rest: Buffer = Buffer.alloc(0)
    for await (const chunk of logs) {
      rest = Buffer.concat([rest, chunk])
      for (;;) {
        const frame = readFrame(rest)
        if (!frame) break
        rest = rest.subarray(HEADER_BYTES + frame.content.length)
        await append(frame.stream === STDERR ? stderr : stdout, frame.content)
      }
    }
    return stdout.leftOut + stderr.leftOut
  } finally {
    await stdout.file.close()
    await stderr.file.close()
  }
}

async function openCopy(path: string): Promise<Copy> {
  const file = await open(path, 'a', 0o600)
  const { size } = await file.stat()
  return { file, leftToSkip: size, room: AGENT_LIMITS.logFile.value - size, leftOut: 0 }
}

/** The stream in the first byte, the length in the last four of the header. */
function readFrame(buffer: Buffer): { stream: number; content: Buffer } | undefined {
  if (buffer.length < HEADER_BYTES) return undefined
  const length = buffer.readUInt32BE(4)
  if (length > AGENT_LIMITS.engineAnswerSize.value)
    throw new Error('the log of the container is not as the engine frames it')
  const end = HEADER_BYTES + length
  if (buffer.length < end) return undefined
  return { stream: buffer.readUInt8(0), content: buffer.subarray(HEADER_BYTES, end) }
}

async function append(copy: Copy, content: Buffer): Promise<void> {
  const skipped = Math.min(copy.leftToSkip, content.length)
  copy.leftToSkip -= skipped
  const added = content.subarray(skipped, skipped + Math.max(0, copy.room))
  copy.room -= added.length
  copy.leftOut += content.length - skipped - added.length
  if (added.length > 0) await copy.file.appendFile(added)
}
