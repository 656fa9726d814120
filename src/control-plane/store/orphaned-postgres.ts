/** Handles what remains of an embedded database after it or its server was killed: a process or its locks. */

import { readdir, readFile, readlink, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { INTERVALS } from '../../core/limits/intervals.ts'
import { SYSTEM_LIMITS } from '../../core/limits/system.ts'
import type { Logger } from '../../core/logger.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { findPresence } from '../../system/presence-pipe.ts'
import { identifyProcess } from '../../system/process-table.ts'
import { runProgram } from '../../system/run-program.ts'

const LOOK_INTERVAL_MS = INTERVALS.orphanedDatabase.value

/**
 * Stops the database of a server that died, so that this server owns its process. Throws `DATABASE_START_FAILED` if it
 * does not end.
 */
export async function stopOrphan(directory: string, socketDirectory: string, logger: Logger): Promise<void> {
  const pid = Number((await readPidFile(directory))[0])
  if (!Number.isInteger(pid) || pid <= 0) return
  const look = identifyProcess(pid)
  if (look.outcome === 'unknown') {
    // PostgreSQL looks for itself, and refuses to start beside another one.
    logger.warn({ pid, reason: look.reason }, 'an earlier database may still be running')
    return
  }
  if (look.outcome === 'found' && (await isPostgresOf(pid, directory))) {
    logger.warn({ pid }, 'stopping the database that an earlier server left running')
    await terminate(pid, directory)
  }
  await awaitStrangers(directory)
  // It takes its locks with it, unless it was killed.
  await removeStaleLocks(directory, socketDirectory)
}

/** Which a database and its sessions keep open. */
export function presencePathOf(directory: string): string {
  return `${directory}.running`
}

/** A database in another container cannot be stopped here. It ends soon after its server. */
async function awaitStrangers(directory: string): Promise<void> {
  const deadlineMs = performance.now() + CONTROL_PLANE_LIMITS.databaseStop.value
  while (findPresence(presencePathOf(directory)).outcome === 'found') {
    if (performance.now() > deadlineMs) {
      const reason = 'A database that was started in another container still uses the data directory.'
      throw new RadixError('DATABASE_START_FAILED', { reason, log_path: `${directory}.log` })
    }
    await pause()
  }
}

/**
 * PostgreSQL does not start while the pid in its locks exists, even if that is an uncollected zombie (as in a
 * container) or another program by now. The locks are removed only when no session of the old database is left:
 * sessions end soon after it.
 */
async function removeStaleLocks(directory: string, socketDirectory: string): Promise<void> {
  if (process.platform !== 'linux') return
  const path = await realpath(directory)
  const deadlineMs = performance.now() + CONTROL_PLANE_LIMITS.databaseStop.value
  while (await hasSessions(path)) {
    if (performance.now() > deadlineMs) return // PostgreSQL looks for itself, and says what it finds
    await pause()
  }
  for (const name of await readdir(socketDirectory)) await rm(join(socketDirectory, name), { force: true })
  await rm(join(directory, 'postmaster.pid'), { force: true })
}

async function hasSessions(directory: string): Promise<boolean> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  return (await Promise.all(pids.map((pid) => isSessionOf(pid, directory)))).includes(true)
}

/** A session works in the data directory. Where that may not be looked at, it counts as one. */
async function isSessionOf(pid: string, directory: string): Promise<boolean> {
  const title = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  if (!title.startsWith('postgres:')) return false
  const workingDirectory = await readlink(`/proc/${pid}/cwd`).catch((error) => {
    return error.code === 'EACCES' ? directory : undefined
  })
  return workingDirectory === directory
}

/** Another process may have the pid by now. If that cannot be determined, the process keeps running. */
async function isPostgresOf(pid: number, directory: string): Promise<boolean> {
  if (process.platform === 'linux') {
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    return commandLine.split('\0').includes(directory)
  }
  const argv = ['ps', '-ww', '-o', 'command=', '-p', String(pid)] as const
  const answer = await runProgram([...argv], { timeoutMs: SYSTEM_LIMITS.processTable.value })
  return answer.outcome === 'exited' && answer.stdout.includes(directory)
}

/** A fast shutdown, then an immediate one, then the end of the process: each has its time. */
async function terminate(pid: number, directory: string): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    kill(pid, signal)
    const deadlineMs = performance.now() + CONTROL_PLANE_LIMITS.databaseStop.value
    while (performance.now() < deadlineMs) {
      if (identifyProcess(pid).outcome === 'absent') return
      await pause()
    }
  }
  const reason = `The database that an earlier server left (process ${pid}) does not stop, even when it is killed.`
  throw new RadixError('DATABASE_START_FAILED', { reason, log_path: `${directory}.log` })
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS))
}

/** It may have ended by itself meanwhile. */
function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** The lines of PostgreSQL's pid file; none where there is no such file. The first is the pid. */
export async function readPidFile(directory: string): Promise<string[]> {
  return (await readFile(join(directory, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
}
