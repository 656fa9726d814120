/**
 * The programs of the embedded PostgreSQL as child processes: each is started, waited for and ended within its time
 * limit.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { dirname, parse } from 'node:path'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { INTERVALS } from '../../core/limits/intervals.ts'
import { printableLine } from '../../core/printable.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { openPresencePipe } from '../../system/presence-pipe.ts'
import type { DatabaseUser } from './database-user.ts'
import { presencePathOf, readPidFile } from './orphaned-postgres.ts'

export interface PostgresOptions {
  program: string
  directory: string
  socketDirectory: string
  logPath: string
  user: DatabaseUser | undefined
}

const READY_INTERVAL_MS = INTERVALS.databaseReady.value
/** Enough to hold the reason that PostgreSQL gives, and the line before it that says more. */
const REASON_LINES = 3
const LINE_LENGTH = 300

/**
 * Starts the database and waits until it takes connections. `onSpawn` gets its process as soon as there is one. Throws
 * `DATABASE_START_FAILED` or `DISK_FULL`.
 */
export async function startPostgres(
  options: PostgresOptions,
  onSpawn: (child: ChildProcess) => void,
): Promise<ChildProcess> {
  const { program, directory, socketDirectory, logPath, user } = options
  const settings = {
    listen_addresses: '',
    unix_socket_directories: socketDirectory,
    unix_socket_permissions: '0700',
    max_connections: '50',
    shared_buffers: '64MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
  }
  const argv = ['-D', directory, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  const logStart = await sizeOf(logPath)
  const child = await spawnLogged(program, argv, logPath, user, await openPresencePipe(presencePathOf(directory)))
  onSpawn(child)
  const reason = await waitUntilReady(child, directory)
  if (reason === undefined) return child
  await endPostgres(child, ['SIGKILL'])
  throw await startFailed(reason, logPath, logStart)
}

/** Makes a new database. Throws as `startPostgres` does. */
export async function createDatabase(program: string, argv: string[], options: PostgresOptions): Promise<void> {
  const { logPath, user } = options
  const logStart = await sizeOf(logPath)
  const child = await spawnLogged(program, argv, logPath, user)
  if (!(await hasEnded(child, CONTROL_PLANE_LIMITS.databaseCreation.value))) {
    await endPostgres(child, ['SIGKILL'])
    throw await startFailed('initdb did not end in time', logPath, logStart)
  }
  if (child.exitCode !== 0) throw await startFailed(`initdb ended with ${howItEnded(child)}`, logPath, logStart)
}

/**
 * SIGINT is PostgreSQL's fast shutdown (sessions end, everything is written), SIGQUIT its immediate one. Each has its
 * time; one that outlives SIGKILL hangs in the kernel, and is not waited for.
 */
export async function endPostgres(
  child: ChildProcess,
  signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGKILL'],
): Promise<void> {
  for (const signal of signals) {
    if (isOver(child)) return
    child.kill(signal)
    if (await hasEnded(child, CONTROL_PLANE_LIMITS.databaseStop.value)) return
  }
}

export function howItEnded(child: ChildProcess): string {
  return child.signalCode ?? `exit code ${child.exitCode}`
}

function isOver(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

function hasEnded(child: ChildProcess, timeoutMs: number): Promise<boolean> {
  if (isOver(child)) return Promise.resolve(true)
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), timeoutMs)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve(true)
    })
  })
}

/** PostgreSQL writes `ready` into the eighth line of its pid file. Answers with the reason where it never does. */
async function waitUntilReady(child: ChildProcess, directory: string): Promise<string | undefined> {
  const deadlineMs = performance.now() + CONTROL_PLANE_LIMITS.databaseStart.value
  while (!isOver(child)) {
    const lines = await readPidFile(directory)
    if (Number(lines[0]) === child.pid && lines[7]?.trim() === 'ready') return undefined
    if (performance.now() > deadlineMs)
      return `it was not ready within ${CONTROL_PLANE_LIMITS.databaseStart.value / 1000} s`
    await new Promise((resolve) => setTimeout(resolve, READY_INTERVAL_MS))
  }
  return `it ended with ${howItEnded(child)}`
}

async function spawnLogged(
  command: string,
  argv: string[],
  logPath: string,
  user: DatabaseUser | undefined,
  presencePipe?: number,
): Promise<ChildProcess> {
  const log = await open(logPath, 'a', 0o600)
  try {
    const child = spawn(command, argv, {
      stdio: ['ignore', log.fd, log.fd, ...(presencePipe === undefined ? [] : [presencePipe])],
      cwd: parse(command).root,
      env: { LC_ALL: 'C', PATH: process.env.PATH },
      // Ctrl-C in a terminal reaches the server, which stops the database itself.
      detached: true,
      ...(user ? { uid: user.uid, gid: user.gid } : {}),
    })
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
    return child
  } catch (error) {
    throw new RadixError(
      'DATABASE_START_FAILED',
      { reason: `${command}: ${error}`, log_path: logPath },
      { cause: error },
    )
  } finally {
    if (presencePipe !== undefined) closeSync(presencePipe)
    await log.close()
  }
}

/**
 * The reason in PostgreSQL's own words: the last lines of this start, because the very last one may not contain the
 * reason.
 */
async function startFailed(what: string, logPath: string, logStart: number): Promise<RadixError> {
  const lines = (await readFrom(logPath, logStart)).split('\n').map(printableLine).filter(Boolean)
  const last = lines.findLastIndex((line) => /FATAL|PANIC|error:/.test(line)) + 1 || lines.length
  const telling = lines.slice(Math.max(0, last - REASON_LINES), last).map((line) => line.slice(0, LINE_LENGTH))
  if (telling.some((line) => /No space left on device/.test(line))) {
    return new RadixError('DISK_FULL', { path: dirname(logPath) })
  }
  const reason = [`PostgreSQL: ${what}.`, ...telling].join(' ')
  const error = new RadixError('DATABASE_START_FAILED', { reason, log_path: logPath })
  if (!telling.some((line) => /could not look up effective user ID/.test(line))) return error
  // As in a container with a user id of its own.
  const fix = 'Add an entry for this user id to /etc/passwd, or set DATABASE_URL to your own PostgreSQL.'
  return new RadixError('DATABASE_START_FAILED', { reason, log_path: logPath }, { words: { why: error.why, fix } })
}

/** What was written to the file since then, up to 64 KiB. */
async function readFrom(path: string, start: number): Promise<string> {
  const file = await open(path, 'r').catch(() => undefined)
  if (!file) return ''
  try {
    const buffer = Buffer.alloc(64 * 1024)
    const { size } = await file.stat()
    const { bytesRead } = await file.read(buffer, 0, buffer.length, Math.max(start, size - buffer.length))
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}

function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}
