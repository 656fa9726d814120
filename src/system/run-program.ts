/**
 * Runs a short program and reads its answer: never longer than its time, never more than its share of memory, and never
 * waiting for a program that ignores its end (one that hangs in the kernel cannot be killed). No shell.
 */
import { spawn } from 'node:child_process'
import { SYSTEM_LIMITS } from '../core/limits/system.ts'

export type ProgramOutcome =
  | { outcome: 'exited'; exitCode: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }
  /** There is no such program, or it may not be run. */
  | { outcome: 'not-started'; code: string; reason: string }
  | { outcome: 'timed-out'; stdout: string; stderr: string }
  | { outcome: 'too-much-output' }

export interface ProgramOptions {
  timeoutMs: number
  env?: NodeJS.ProcessEnv
  cwd?: string
  /** Written to its standard input, which is closed after it; none by default. */
  input?: string
}

/** Does not throw. On a time-out the program's whole group is sent SIGKILL, and the answer does not wait for its end. */
export function runProgram(argv: readonly [string, ...string[]], options: ProgramOptions): Promise<ProgramOutcome> {
  const [command, ...args] = argv
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      detached: true,
    })
    const output = { stdout: '', stderr: '' }
    let length = 0
    const settle = (outcome: ProgramOutcome) => {
      clearTimeout(timer)
      for (const stream of [child.stdout, child.stderr, child.stdin]) stream?.destroy()
      child.unref()
      resolve(outcome)
    }
    const kill = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      } catch {
        // It ended in between.
      }
    }
    const timer = setTimeout(() => {
      kill()
      settle({ outcome: 'timed-out', ...output })
    }, options.timeoutMs)
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('utf8').on('data', (text: string) => {
        length += text.length
        if (length <= SYSTEM_LIMITS.programOutput.value) output[name] += text
        else {
          kill()
          settle({ outcome: 'too-much-output' })
        }
      })
    }
    child.stdin?.on('error', () => {}) // it did not want to read
    child.stdin?.end(options.input)
    child.once('error', (error: NodeJS.ErrnoException) =>
      settle({ outcome: 'not-started', code: error.code ?? 'unknown', reason: error.message }),
    )
    child.once('close', (exitCode, signal) => settle({ outcome: 'exited', exitCode, signal, ...output }))
  })
}
