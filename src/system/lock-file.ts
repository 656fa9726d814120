/**
 * A file that one process at a time holds. It names its holder by pid and start time, so the lock of a dead process can
 * be taken over, even if another process has its pid now. Two containers that share the file do not know each other's
 * processes: between them, a lock of the kernel on a second file decides.
 */
import { createHash, randomUUID } from 'node:crypto'
import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { SYSTEM_LIMITS } from '../core/limits/system.ts'
import { ABSENT, found, type Lookup, unknown } from '../core/lookup.ts'
import { tryParseOutsideJson } from '../core/outside-json.ts'
import { RadixError } from '../errors/radix-error.ts'
import { asRadixError } from '../errors/render.ts'
import { fileError } from './file-errors.ts'
import { type KernelLock, lookAtKernelLock, readPidNamespace, takeKernelLock } from './kernel-lock.ts'
import { makeDirectorySync } from './make-directory.ts'
import { findProcess, identifyProcess, type ProcessIdentity, UNKNOWN_START_TIME } from './process-table.ts'

export interface ProcessRegistry {
  self(): ProcessIdentity
  find(identity: ProcessIdentity): Lookup<ProcessIdentity>
  /** Where its process ids mean something; undefined on systems that have one table of processes only. */
  namespace?(): string | undefined
}

export const hostProcesses: ProcessRegistry = {
  self() {
    const look = identifyProcess(process.pid)
    return look.outcome === 'found' ? look.value : { pid: process.pid, startTime: UNKNOWN_START_TIME }
  },
  find: findProcess,
  namespace: readPidNamespace,
}

const Holder = z.object({
  pid: z.number().int(),
  startTime: z.string(),
  nonce: z.string(),
  /** Absent in locks of earlier versions. */
  namespace: z.string().optional(),
})
type Holder = z.infer<typeof Holder>

const ATTEMPTS = 10

/** What a process needs in order to take a lock. */
interface Attempt {
  draft: string
  heldBy: (pid: number | 'unknown') => Error
  processes: ProcessRegistry
}

/**
 * Takes the lock and returns the function that releases it. Throws the error that `heldBy` makes from the living
 * holder's pid; `DISK_FULL` or `FILE_NOT_WRITABLE` if the lock cannot be written.
 */
export function acquireLock(
  path: string,
  heldBy: (pid: number | 'unknown') => Error,
  processes = hostProcesses,
): () => void {
  const namespace = processes.namespace?.()
  const mine = JSON.stringify({ ...processes.self(), nonce: randomUUID(), namespace })
  const draft = `${path}.${randomUUID()}.draft`
  try {
    makeDirectorySync(dirname(path))
    writeFileSync(draft, mine, { mode: 0o600 })
  } catch (error) {
    removeFile(draft)
    throw fileError(path, error)
  }
  try {
    const kernelLock = take(path, { draft, heldBy, processes }) ?? claim(path, mine, namespace, heldBy)
    return () => {
      release(path, mine)
      kernelLock()
    }
  } finally {
    removeFile(draft)
  }
}

/**
 * A link appears whole or not at all, and never over another one. Answers with the lock of the kernel if that was needed
 * to take over a lock of another namespace.
 */
function take(path: string, attempt: Attempt): KernelLock | undefined {
  const { draft, heldBy, processes } = attempt
  for (let count = 0; count < ATTEMPTS; count++) {
    if (tryLink(draft, path)) return undefined
    const held = readText(path)
    if (held === undefined) continue
    const holder = parseHolder(held)
    const isForeign = holder !== undefined && isOfOtherNamespace(holder, processes)
    // If nothing is known about its holder, the lock counts as held.
    if (holder && !isForeign && processes.find(holder).outcome !== 'absent') throw heldBy(holder.pid)
    const kernelLock = isForeign ? takeKernelLock(kernelPath(path)) : ABSENT
    if (isForeign && kernelLock.outcome !== 'found') throw heldElsewhere(heldBy(holder.pid))
    const unlock = kernelLock.outcome === 'found' ? kernelLock.value : undefined
    try {
      if (takeOver(path, held, attempt)) return unlock
    } catch (error) {
      unlock?.()
      throw error
    }
    unlock?.()
  }
  throw heldBy('unknown')
}

/** Held from now on, for processes of other namespaces: one that is just taking the lock over goes first. */
function claim(
  path: string,
  mine: string,
  namespace: string | undefined,
  heldBy: (pid: number | 'unknown') => Error,
): KernelLock {
  const look = namespace === undefined ? unknown('there is one namespace') : takeKernelLock(kernelPath(path))
  if (look.outcome === 'found') return look.value
  // Where the file system has no locks, process ids have to do.
  if (look.outcome === 'unknown') return () => {}
  release(path, mine)
  throw heldBy('unknown')
}

/**
 * Puts `draft` in the place of a stale lock, in one step. Only who holds the right to replace just this lock (it is
 * named by a nonce, so that right is a lock of its own) may do so: of many that find it stale, one takes it over and no
 * other ever moves it. False when it was taken over before.
 */
function takeOver(path: string, stale: string, attempt: Attempt): boolean {
  const { draft } = attempt
  const right = `${path}.over-${createHash('sha256').update(stale).digest('hex').slice(0, 16)}`
  const unlock = take(right, attempt)
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
    if (unlock) removeFile(kernelPath(right))
    unlock?.()
  }
}

export interface LockHolder extends ProcessIdentity {
  /** Of another pid namespace: nothing can be said here about this pid, or any that the process names. */
  isForeign: boolean
}

/**
 * The process that holds the lock, if any: one that is alive, or whose state cannot be determined. Throws
 * `FILE_NOT_WRITABLE` if the lock cannot be read.
 */
export function findLockHolder(path: string, processes = hostProcesses): LockHolder | undefined {
  const holder = readHolder(path)
  if (!holder || findHolder(path, holder, processes).outcome === 'absent') return undefined
  const { pid, startTime } = holder
  return { pid, startTime, isForeign: isOfOtherNamespace(holder, processes) }
}

/** The same for information only: the holder, and whether it is alive, may be unknown. Does not throw. */
export function lookAtLock(path: string, processes = hostProcesses): Lookup<ProcessIdentity> {
  try {
    const holder = readHolder(path)
    return holder ? findHolder(path, holder, processes) : ABSENT
  } catch (error) {
    return unknown(asRadixError(error).why.replace(/\.$/, ''), error)
  }
}

function findHolder(path: string, holder: Holder, processes: ProcessRegistry): Lookup<ProcessIdentity> {
  if (!isOfOtherNamespace(holder, processes)) return processes.find(holder)
  const look = lookAtKernelLock(kernelPath(path))
  return look.outcome === 'found' ? found(holder) : look
}

/** The pid in the error is not one of this namespace: `kill` would end another process here. */
function heldElsewhere(error: Error): Error {
  if (!(error instanceof RadixError)) return error
  const why = `${error.why} It runs in another container or pid namespace, where that is its process id.`
  const fix = 'Stop that process in its own container, or wait until it has ended.'
  return new RadixError(error.code, {} as never, { words: { why, fix } })
}

/** Its pid means nothing here. */
function isOfOtherNamespace({ namespace }: Holder, processes: ProcessRegistry): boolean {
  const here = processes.namespace?.()
  return namespace !== undefined && here !== undefined && namespace !== here
}

function kernelPath(path: string): string {
  return `${path}.kernel`
}

function readHolder(path: string): Holder | undefined {
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

function parseHolder(text: string): Holder | undefined {
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
