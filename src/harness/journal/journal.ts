/**
 * The journal file: appended and flushed to disk entry by entry, read back after a crash. A line that a crash cut off
 * is dropped: its effect had not begun. Damage anywhere else is an error.
 */
import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { HARNESS_LIMITS } from '../../core/limits/harness.ts'
import { OutsideJsonError, parseOutsideJson } from '../../core/outside-json.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { fileError } from '../../system/file-errors.ts'
import { makeDirectorySync } from '../../system/make-directory.ts'
import { JournalEntry } from './entry.ts'

export interface JournalContents {
  entries: JournalEntry[]
  /** The position after the last whole line, where appending continues. */
  wholeBytes: number
}

/** `undefined` if there is no journal. Throws `JOURNAL_DAMAGED`, `FILE_NOT_READABLE`. */
export function readJournal(path: string, runId: string): JournalContents | undefined {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    const reason = error instanceof Error ? error.message : String(error)
    throw new RadixError('FILE_NOT_READABLE', { path, reason }, { cause: error })
  }
  const entries: JournalEntry[] = []
  let offset = 0
  for (let line = 1; ; line++) {
    const end = bytes.indexOf(0x0a, offset)
    if (end === -1) return { entries, wholeBytes: offset }
    const parsed = parseLine(bytes.toString('utf8', offset, end))
    if ('reason' in parsed) {
      // A crash of the machine may leave the last block written but not filled.
      if (end === bytes.length - 1) return { entries, wholeBytes: offset }
      throw new RadixError('JOURNAL_DAMAGED', { line, path, reason: parsed.reason, run_id: runId })
    }
    entries.push(parsed.entry)
    offset = end + 1
  }
}

/** Creates the file and its folder if they are missing, and cuts off a torn last line. */
export class JournalWriter {
  readonly #path: string
  readonly #descriptor: number
  #size: number

  constructor(path: string, wholeBytes: number) {
    this.#path = path
    this.#size = wholeBytes
    try {
      makeDirectorySync(dirname(path))
      this.#descriptor = openSync(path, 'a', 0o600)
      ftruncateSync(this.#descriptor, wholeBytes)
      if (wholeBytes === 0) syncDirectory(dirname(path))
    } catch (error) {
      throw fileError(path, error)
    }
  }

  /** Returns when the entry is on the disk. After a failure, the file is unchanged. */
  append(entry: JournalEntry): void {
    const line = Buffer.from(`${JSON.stringify(entry)}\n`)
    try {
      for (let written = 0; written < line.length; ) written += writeSync(this.#descriptor, line, written)
      fsyncSync(this.#descriptor)
      this.#size += line.length
    } catch (error) {
      try {
        ftruncateSync(this.#descriptor, this.#size)
      } catch {
        // The torn line stays; the next reader drops it.
      }
      throw fileError(this.#path, error)
    }
  }

  close(): void {
    closeSync(this.#descriptor)
  }
}

function parseLine(text: string): { entry: JournalEntry } | { reason: string } {
  try {
    return { entry: parseOutsideJson(text, JournalEntry, { maxCharacters: HARNESS_LIMITS.journalEntry.value }) }
  } catch (error) {
    if (error instanceof OutsideJsonError) return { reason: error.message }
    throw error
  }
}

/** Makes the name of a new file durable, not only its contents. */
function syncDirectory(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
