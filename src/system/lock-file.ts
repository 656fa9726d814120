/**
 * A file that one process at a time holds. It names its holder by pid and start time, so the lock of a dead process can
 * be taken over, even if another process has its pid now.
 */
import { createHash, randomUUID } from 'node:crypto'
import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { SYSTEM_LIMITS } from '../core/limits/system.ts'
import { ABSENT, type Lookup, unknown } from '../core/lookup.ts'
import { tryParseOutsideJson } from '../core/outside-json.ts'
import { asRadixError } from '../errors/render.ts'
import { fileError } from './file-errors.ts'
import { makeDirectorySync } from './make-directory.ts'
import { findProcess, identifyProcess, type ProcessIdentity, UNKNOWN_START_TIME } from './process-table.ts'

export interface ProcessRegistry {
  self(): ProcessIdentity
  find(identity: ProcessIdentity): Lookup<ProcessIdentity>
}

export const hostProcesses: ProcessRegistry = {
  self() {
    const look = identifyProcess(process.pid)
    return look.outcome === 'found' ? look.value : { pid: process.pid, startTime: UNKNOWN_START_TIME }
  },
  find: findProcess,
}

const Holder = z.object({ pid: z.number().int(), startTime: z.string(), nonce: z.string() })
const ATTEMPTS = 10

/**
 * Takes the lock and returns the function that releases it. Throws the error that `heldBy` makes from the living
 * holder's pid; `DISK_FULL` or `FILE_NOT_WRITABLE` if the lock cannot be written.
 */
export function acquireLock(
  path: string,
  heldBy: (pid: number | 'unknown') => Error,
  processes = hostProcesses,
): () => void {
  const mine = JSON.stringify({ ...processes.self(), nonce: randomUUID() })
  const draft = `${path}.${randomUUID()}.draft`
  try {
    makeDirectorySync(dirname(path))
    writeFileSync(draft, mine, { mode: 0o600 })
  } catch (error) {
    removeFile(draft)
    throw fileError(path, error)
  }
  try {
    take(path, draft, heldBy, processes)
  } finally {
    removeFile(draft)
  }
  return () => release(path, mine)
}

/** A link appears whole or not at all, and never over another one. */
function take(path: string, draft: string, heldBy: (pid: number | 'unknown') => Error, processes: ProcessRegistry) {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (tryLink(draft, path)) return
    const held = readText(path)
    if (held === undefined) continue
    const holder = parseHolder(held)
    // If nothing is known about its holder, the lock counts as held.
    if (holder && processes.find(holder).outcome !== 'absent') throw heldBy(holder.pid)
    if (takeOver(path, held, draft, heldBy, processes)) return
  }
  throw heldBy('unknown')
}

/**
 * Puts `draft` in the place of a stale lock, in one step. Only who holds the right to replace just this lock (it is
 * named by a nonce, so that right is a lock of its own) may do so: of many that find it stale, one takes it over and no
 * other ever moves it. False when it was taken over before.
 */
function takeOver(
  path: string,
  stale: string,
  draft: string,
  heldBy: (pid: number | 'unknown') => Error,
  processes: ProcessRegistry,
): boolean {
  const right = `${path}.over-${createHash('sha256').update(stale).digest('hex').slice(0, 16)}`
  take(right, draft, heldBy, processes)
  try {
    if (readText(path) !== stale) return false
    const replacement = `${draft}.over`
    if (!tryLink(draft, replacement)) return false
    renameSync(replacement, path)
    return true
  } catch (error) {
    throw fileError(path, error)
  } finally {
    removeFile(right)
  }
}

/**
 * The process that holds the lock, if any: one that is alive, or whose state cannot be determined. Throws
 * `FILE_NOT_WRITABLE` if the lock cannot be read.
 */
export function findLockHolder(path: string, processes = hostProcesses): ProcessIdentity | undefined {
  const holder = readHolder(path)
  return holder && processes.find(holder).outcome !== 'absent' ? holder : undefined
}

/** The same for information only: the holder, and whether it is alive, may be unknown. Does not throw. */
export function lookAtLock(path: string, processes = hostProcesses): Lookup<ProcessIdentity> {
  try {
    const holder = readHolder(path)
    return holder ? processes.find(holder) : ABSENT
  } catch (error) {
    return unknown(asRadixError(error).why.replace(/\.$/, ''), error)
  }
}

function readHolder(path: string): ProcessIdentity | undefined {
  const held = readText(path)
  return held === undefined ? undefined : parseHolder(held)
}

/** A lock that can no longer be read is left: it ends with its process. */
function release(path: string, mine: string): void {
  try {
    if (readText(path) === mine) removeFile(path)
  } catch {
    // It names a process that no longer needs it.
  }
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw fileError(to, error)
  }
}

function parseHolder(text: string): ProcessIdentity | undefined {
  return tryParseOutsideJson(text, Holder, { maxCharacters: SYSTEM_LIMITS.record.value }) ?? undefined
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw fileError(path, error)
  }
}

function removeFile(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // Another process removed it, as intended. A lock that could not be removed is stale and will be taken over.
  }
}
