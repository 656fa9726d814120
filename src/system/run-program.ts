/**
 * Runs a program and reads its output within limits of time and memory. It never waits for a program that ignores its
 * end (one that hangs in the kernel cannot be killed). No shell.
 */
import { spawn } from 'node:child_process'
import { SYSTEM_LIMITS } from '../core/limits/system.ts'
import { signalGroup } from './process-group.ts'

export type ProgramOutcome =
  | { outcome: 'exited'; exitCode: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }
  /** There is no such program, or it may not be run. */
  | { outcome: 'not-started'; code: string; reason: string }
  | { outcome: 'timed-out'; stdout: string; stderr: string }
  | { outcome: 'too-much-output' }

type Argv = readonly [string, ...string[]]

export interface ProgramOptions {
  timeoutMs: number
  env?: NodeJS.ProcessEnv
  cwd?: string
  /** Written to its standard input, which is closed after it; none by default. */
  input?: string
}

export interface FollowOptions extends ProgramOptions {
  /** Receives all output as it arrives. Then none of it is kept, and its size is unlimited. */
  onOutput?: (text: string) => void
  /** Called when its time is up, just before it is killed. */
  onTimeout?: (pid: number) => void
}

export interface StartedProgram {
  /** Never rejects. */
  ended: Promise<ProgramOutcome>
  /** Signals its whole group, including processes that it left there when it ended. */
  kill(signal: NodeJS.Signals): void
}

/** Does not throw. On a time-out the program's whole group is sent SIGKILL, and the answer does not wait for its end. */
export function runProgram(argv: Argv, options: ProgramOptions): Promise<ProgramOutcome> {
  return startProgram(argv, options).ended
}

/** The same, for a program that is observed while it runs. */
export function startProgram([command, ...args]: Argv, options: FollowOptions): StartedProgram {
  const { onOutput, onTimeout } = options
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    detached: true,
  })
  const kill = (signal: NodeJS.Signals) => {
    if (child.pid !== undefined) signalGroup(child.pid, signal)
  }
  const ended = new Promise<ProgramOutcome>((resolve) => {
    const output = { stdout: '', stderr: '' }
    let sizeBytes = 0
    let drain: NodeJS.Timeout | undefined
    const settle = (outcome: ProgramOutcome) => {
      clearTimeout(timer)
      clearTimeout(drain)
      for (const stream of [child.stdout, child.stderr, child.stdin]) stream?.destroy()
      child.unref()
      resolve(outcome)
    }
    const timer = setTimeout(() => {
      if (child.pid !== undefined) onTimeout?.(child.pid)
      kill('SIGKILL')
      settle({ outcome: 'timed-out', ...output })
    }, options.timeoutMs)
    for (const name of ['stdout', 'stderr'] as const) {
      const decoder = new TextDecoder()
      child[name]?.on('data', (chunk: Buffer) => {
        const text = decoder.decode(chunk, { stream: true })
        if (onOutput) return onOutput(text)
        sizeBytes += chunk.length
        if (sizeBytes <= SYSTEM_LIMITS.programOutput.value) output[name] += text
        else {
          kill('SIGKILL')
          settle({ outcome: 'too-much-output' })
        }
      })
    }
    child.stdin?.on('error', () => {}) // it did not want to read
    child.stdin?.end(options.input)
    child.once('error', (error: NodeJS.ErrnoException) =>
      settle({ outcome: 'not-started', code: error.code ?? 'unknown', reason: error.message }),
    )
    child.once('exit', (exitCode, signal) => {
      const done = () => settle({ outcome: 'exited', exitCode, signal, ...output })
      child.once('close', done)
      // Its children may keep the output open for any length of time.
      drain = setTimeout(done, SYSTEM_LIMITS.programDrain.value)
    })
  })
  return { ended, kill }
}
