/**
 * A named pipe that a process and its children keep open. Others see whether any of them still runs, also from another
 * container that shares the pipe: the kernel knows who has it open, and process ids mean nothing there.
 */
import { closeSync, constants, existsSync, openSync } from 'node:fs'
import { SYSTEM_LIMITS } from '../core/limits/system.ts'
import { ABSENT, found, type Lookup, unknown } from '../core/lookup.ts'
import { runProgram } from './run-program.ts'

/**
 * A file descriptor for the `stdio` of a child; to be closed here once the child has started. Undefined where the system
 * or its file system has no such pipes.
 */
export async function openPresencePipe(path: string): Promise<number | undefined> {
  if (!existsSync(path))
    await runProgram(['mkfifo', '-m', '600', path], { timeoutMs: SYSTEM_LIMITS.presencePipe.value })
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch {
    return undefined
  }
}

/** Found while any process keeps it open. */
export function findPresence(path: string): Lookup<true> {
  try {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK))
    return found(true)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    // No process has it open, or it was never made.
    if (code === 'ENXIO' || code === 'ENOENT') return ABSENT
    return unknown(`${path} cannot be opened: ${String(error)}`, error)
  }
}
