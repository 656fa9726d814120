/**
 * One process at a time works on a run. The lock names its holder by pid and start time, so that the lock of a process
 * that died, even one whose pid was given to another since, is taken over.
 */
import { randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { RadixError } from '../../errors/radix-error.ts'
import { identifyProcess, isAlive, type ProcessIdentity } from '../../providers/local/process-table.ts'
import { writeError } from './file-errors.ts'

export interface ProcessRegistry {
  self(): ProcessIdentity
  isAlive(identity: ProcessIdentity): boolean
}

export const hostProcesses: ProcessRegistry = {
  self: () => identifyProcess(process.pid) ?? { pid: process.pid, startTime: 'unknown' },
  isAlive,
}

const Holder = z.object({ pid: z.number().int(), startTime: z.string(), nonce: z.string() })

/** Answers with what releases the lock. Throws `RUN_IN_PROGRESS` when a living process holds it. */
export function lockRun(path: string, runId: string, processes: ProcessRegistry): () => void {
  const mine = JSON.stringify({ ...processes.self(), nonce: randomUUID() })
  const draft = `${path}.${process.pid}.${randomUUID()}`
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(draft, mine, { mode: 0o600 })
  } catch (error) {
    throw writeError(path, error)
  }
  try {
    // A link appears whole or not at all, and never over another one.
    for (let attempt = 0; attempt < 10; attempt++) {
      if (tryLink(draft, path)) return () => release(path, mine)
      const held = readText(path)
      if (held === undefined) continue
      const holder = parseHolder(held)
      if (holder && processes.isAlive(holder))
        throw new RadixError('RUN_IN_PROGRESS', { pid: holder.pid, run_id: runId })
      removeStale(path, held)
    }
    throw new RadixError('RUN_IN_PROGRESS', { pid: 'unknown', run_id: runId })
  } finally {
    removeFile(draft)
  }
}

/** Moves the stale lock away; if another process took it over in between, what was moved is theirs and is put back. */
function removeStale(path: string, stale: string): void {
  const aside = `${path}.stale.${randomUUID()}`
  try {
    renameSync(path, aside)
  } catch {
    return // gone already
  }
  if (readText(aside) !== stale) tryLink(aside, path)
  removeFile(aside)
}

function release(path: string, mine: string): void {
  if (readText(path) === mine) removeFile(path)
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw writeError(to, error)
  }
}

function parseHolder(text: string): ProcessIdentity | undefined {
  try {
    return Holder.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function removeFile(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // Somebody else removed it: what was wanted.
  }
}
