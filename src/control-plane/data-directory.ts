/** The data directory of a server: at most one server at a time, with its owner and its address. */

import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { CONTROL_PLANE_LIMITS } from '../core/limits/control-plane.ts'
import { INTERVALS } from '../core/limits/intervals.ts'
import { SYSTEM_LIMITS } from '../core/limits/system.ts'
import { tryParseOutsideJson } from '../core/outside-json.ts'
import { isRadixError, RadixError } from '../errors/radix-error.ts'
import { writeFileAtomically } from '../system/atomic-file.ts'
import { acquireLock, findLockHolder, type LockHolder } from '../system/lock-file.ts'
import { makeDirectory } from '../system/make-directory.ts'
import { findProcess, identifyProcess, type ProcessIdentity, signalProcess } from '../system/process-table.ts'

const Identity = z.object({ pid: z.number().int(), startTime: z.string() })

const ServerRecord = z.object({
  pid: z.number().int(),
  state: z.enum(['starting', 'serving', 'ending']),
  url: z.url().nullable(),
  /** The command that started it for itself, and with which it ends. */
  owner: Identity.nullable(),
})
type ServerRecord = z.infer<typeof ServerRecord>

/** As earlier versions write it once the server serves. They read `pid`, `url` and `ownerPid` of ours. */
const EarlierRecord = z.object({ pid: z.number().int(), url: z.url(), ownerPid: z.number().int().nullable() })

/** It will soon serve or end: look again. */
interface PassingServer {
  state: 'starting' | 'ending'
  process: ProcessIdentity
  ownerIsGone: boolean
}

type SettledServer =
  | { state: 'absent' }
  /** `endsWithOwner`: a command started it for itself. Others may use it, and need one of their own when it ends. */
  | { state: 'serving'; pid: number; url: string; endsWithOwner: boolean }

export interface LockedDataDirectory {
  /** Says where the server is reached. */
  publish(url: string): Promise<void>
  /** Announces that the server is about to end, so that no other command begins to use it. */
  withdraw(): Promise<void>
  release(): Promise<void>
}

const RECORD_BOUNDS = { maxCharacters: SYSTEM_LIMITS.record.value }
const LOOK_INTERVAL_MS = INTERVALS.dataDirectory.value

/**
 * Makes and takes the directory; waits for a server there that is ending. `owner`: the command that the server is for.
 * Throws `DATA_DIRECTORY_IN_USE` or `DATA_DIRECTORY_UNUSABLE`.
 */
export async function lockDataDirectory(
  directory: string,
  owner: ProcessIdentity | null = null,
): Promise<LockedDataDirectory> {
  await createDataDirectory(directory)
  const release = await takeLock(directory)
  let record: ServerRecord = { pid: process.pid, state: 'starting', url: null, owner }
  const write = (changes: Partial<ServerRecord>) => {
    record = { ...record, ...changes }
    return writeFileAtomically(recordPath(directory), JSON.stringify({ ...record, ownerPid: owner?.pid ?? null }))
  }
  try {
    // Replaces the record of a server that died.
    await write({})
  } catch (error) {
    release()
    throw error
  }
  return {
    publish: (url) => write({ state: 'serving', url }),
    withdraw: () => write({ state: 'ending' }),
    async release() {
      await rm(recordPath(directory), { force: true })
      release()
    },
  }
}

/** Throws `DATA_DIRECTORY_UNUSABLE`. */
export async function createDataDirectory(directory: string): Promise<void> {
  try {
    // Others may pass through (the embedded database runs as another user under root) but not look.
    await makeDirectory(directory, 0o711)
  } catch (error) {
    throw unusable(directory, error)
  }
}

/** The server that serves on this directory now; `undefined` when none does. */
export async function readServerRecord(directory: string): Promise<{ pid: number; url: string } | undefined> {
  const found = await findServer(directory)
  return found.state === 'serving' ? { pid: found.pid, url: found.url } : undefined
}

/** Throws `DATA_DIRECTORY_UNUSABLE` where it cannot be looked at. */
export async function findServer(directory: string): Promise<PassingServer | SettledServer> {
  const holder = readHolder(directory)
  if (!holder) return { state: 'absent' }
  const process = { pid: holder.pid, startTime: holder.startTime }
  const record = await readRecord(directory)
  // It has the lock and has not replaced the record of an earlier server yet.
  if (record?.pid !== holder.pid) return { state: 'starting', process, ownerIsGone: false }
  const { owner, state, url } = record
  // A server ends with its owner, though it may not have noticed yet.
  const ownerIsGone = owner !== null && !holder.isForeign && findProcess(owner).outcome === 'absent'
  if (state === 'ending' || ownerIsGone) return { state: 'ending', process, ownerIsGone }
  if (state === 'serving' && url) return { state, pid: holder.pid, url, endsWithOwner: owner !== null }
  return { state: 'starting', process, ownerIsGone: false }
}

/**
 * The same, once it neither starts nor ends. A server that does not end though its owner is dead is killed. Throws
 * `CONTROL_PLANE_BUSY` when a server does not come up or end in time.
 */
export async function awaitServer(directory: string): Promise<SettledServer> {
  let deadlineMs = performance.now() + CONTROL_PLANE_LIMITS.otherServer.value
  for (let wasKilled = false; ; ) {
    const found = await findServer(directory)
    if (!('process' in found)) return found
    if (performance.now() > deadlineMs) {
      if (!found.ownerIsGone || wasKilled) throw new RadixError('CONTROL_PLANE_BUSY', { pid: found.process.pid })
      // One that may not be signalled, or does not die, gets no second try.
      signalProcess(found.process, 'SIGKILL')
      wasKilled = true
      deadlineMs = performance.now() + CONTROL_PLANE_LIMITS.killedServer.value
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS))
  }
}

/** Waits for a server that is ending, and for no other. */
async function takeLock(directory: string): Promise<() => void> {
  const deadlineMs = performance.now() + CONTROL_PLANE_LIMITS.otherServer.value
  for (;;) {
    const url = (await readRecord(directory))?.url ?? `its address will be in ${recordPath(directory)}`
    try {
      return acquireLock(lockPath(directory), (pid) => new RadixError('DATA_DIRECTORY_IN_USE', { pid, directory, url }))
    } catch (error) {
      if (!isRadixError(error, 'DATA_DIRECTORY_IN_USE') || performance.now() > deadlineMs) throw error
      const { state } = await findServer(directory)
      if (state === 'ending') await awaitServer(directory)
      else if (state !== 'absent') throw error
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS))
  }
}

function readHolder(directory: string): LockHolder | undefined {
  try {
    return findLockHolder(lockPath(directory))
  } catch (error) {
    throw unusable(directory, error instanceof Error && error.cause ? error.cause : error)
  }
}

/** `undefined` where there is none, or none that this version can read: the server that writes it next replaces it. */
async function readRecord(directory: string): Promise<ServerRecord | undefined> {
  let text: string
  try {
    text = await readFile(recordPath(directory), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw unusable(directory, error)
  }
  const record = tryParseOutsideJson(text, ServerRecord, RECORD_BOUNDS)
  if (record) return record
  const earlier = tryParseOutsideJson(text, EarlierRecord, RECORD_BOUNDS)
  if (!earlier) return undefined
  const { pid, url, ownerPid } = earlier
  const owner = ownerPid === null ? undefined : identifyProcess(ownerPid)
  return { pid, url, state: 'serving', owner: owner?.outcome === 'found' ? owner.value : null }
}

function unusable(directory: string, error: unknown): RadixError {
  const reason = error instanceof Error ? error.message : String(error)
  return new RadixError('DATA_DIRECTORY_UNUSABLE', { directory, reason }, { cause: error })
}

function lockPath(directory: string): string {
  return join(directory, 'server.lock')
}

function recordPath(directory: string): string {
  return join(directory, 'server.json')
}
