/**
 * A lock on a file that the kernel keeps for this process. It ends with the process, and counts in every container that
 * shares the file, whose process ids say nothing about each other. SQLite takes it: Node itself locks no files.
 */
import { existsSync, readlinkSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { SYSTEM_LIMITS } from '../core/limits/system.ts'
import { ABSENT, found, type Lookup, unknown } from '../core/lookup.ts'

/** Releases it. */
export type KernelLock = () => void

const SQLITE_BUSY = 5
/** Node closes what is no longer referenced. */
const held = new Set<DatabaseSync>()

/**
 * Takes the lock. The file is empty, and stays: a lock on a file that was removed would exclude no one. Absent if another
 * process or another holder in this process has it; unknown where this file system has no locks.
 */
export function takeKernelLock(path: string): Lookup<KernelLock> {
  return open(path, 'BEGIN EXCLUSIVE')
}

/** Found if any process holds it. */
export function lookAtKernelLock(path: string): Lookup<true> {
  const look = open(path, 'BEGIN; SELECT count(*) FROM sqlite_schema')
  if (look.outcome === 'unknown') return look
  if (look.outcome === 'absent') return found(true)
  look.value()
  return ABSENT
}

/** Where process ids mean the same; undefined on systems without such namespaces. */
export function readPidNamespace(): string | undefined {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return undefined
  }
}

function open(path: string, statement: string): Lookup<KernelLock> {
  let database: DatabaseSync | undefined
  try {
    create(path)
    // Others hold it for a moment to look at it.
    database = new DatabaseSync(path, { timeout: SYSTEM_LIMITS.kernelLock.value })
    database.exec(`PRAGMA journal_mode = MEMORY; ${statement}`)
    return found(keepOpen(database))
  } catch (error) {
    database?.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return ABSENT
    return unknown(`${path} cannot be locked: ${String(error)}`, error)
  }
}

/**
 * Other users may not lock it. An existing file is not opened: closing it would end the locks that this process has on
 * it.
 */
function create(path: string): void {
  if (existsSync(path)) return
  try {
    writeFileSync(path, '', { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if (!existsSync(path)) throw error
  }
}

function keepOpen(database: DatabaseSync): KernelLock {
  held.add(database)
  return () => {
    if (held.delete(database)) database.close()
  }
}
