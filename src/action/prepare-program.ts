/**
 * The control plane of a job that has none: it runs on the runner, from the Action's own folder, and needs what the bundle
 * does not contain (PostgreSQL above all). Installed once per job, as for a clone.
 */
import { join } from 'node:path'
import { CLI_LIMITS } from '../core/limits/cli.ts'
import { printableLine } from '../core/printable.ts'
import { RadixError } from '../errors/radix-error.ts'
import { PROGRAM_FOLDER } from '../system/program-files.ts'
import { runProgram } from '../system/run-program.ts'

/** An Action is a clone: it is never run from a package. */
const SETUP = join(PROGRAM_FOLDER, 'tools', 'setup', 'main.mjs')

/** Nothing if it is there already. Throws `ACTION_SETUP_FAILED`. */
export async function prepareProgram(): Promise<void> {
  const timeoutMs = CLI_LIMITS.actionSetup.value
  const argv = [process.execPath, SETUP, 'exec', process.execPath, '--version'] as const
  const ended = await runProgram(argv, { timeoutMs, cwd: PROGRAM_FOLDER })
  if (ended.outcome === 'exited' && ended.exitCode === 0) return
  const reason =
    ended.outcome === 'exited'
      ? printableLine(ended.stderr).slice(-CLI_LIMITS.setupReason.value)
      : `the set-up ended as ${ended.outcome}, after at most ${timeoutMs / 1000} s`
  throw new RadixError('ACTION_SETUP_FAILED', { reason })
}
