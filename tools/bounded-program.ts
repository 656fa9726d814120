/**
 * Runs a check for a limited time, with all that it prints in a log. One that hangs is ended together with all that it
 * started, and its output ends with what was still running.
 */
import { spawnSync } from 'node:child_process'
import { appendFileSync, writeFileSync } from 'node:fs'
import { type ProgramOutcome, startProgram } from '../src/system/run-program.ts'

/** The log has everything. */
const KEPT_CHARACTERS = 1_000_000
const LOOK_MS = 5000
const MINUTE_MS = 60_000

export interface BoundedProgram {
  ended: Promise<{ exitCode: number; output: string }>
  kill(signal: NodeJS.Signals): void
}

export interface BoundedOptions {
  cwd: string
  env: NodeJS.ProcessEnv
  limitMs: number
  logFile: string
  onOutput(text: string): void
}

export function startBounded(argv: readonly [string, ...string[]], options: BoundedOptions): BoundedProgram {
  const { cwd, env, limitMs, logFile, onOutput } = options
  writeFileSync(logFile, '')
  let output = ''
  const take = (text: string) => {
    output = (output + text).slice(-KEPT_CHARACTERS)
    appendFileSync(logFile, text)
    onOutput(text)
  }
  const onTimeout = (pid: number) =>
    take(`\nNot finished after ${limitMs / MINUTE_MS} min, ended. Still running:\n${listGroup(pid)}\n`)
  const program = startProgram(argv, { cwd, env, timeoutMs: limitMs, onOutput: take, onTimeout })
  const ended = program.ended.then((answer) => {
    // What it left running must not hold up the next check.
    program.kill('SIGKILL')
    if (answer.outcome === 'not-started') take(`${answer.reason}\n`)
    if (answer.outcome === 'exited' && answer.signal) take(`\nended by ${answer.signal}\n`)
    return { exitCode: exitCodeOf(answer), output }
  })
  return { ended, kill: program.kill }
}

/** As a shell says it. */
function exitCodeOf(answer: ProgramOutcome): number {
  if (answer.outcome === 'not-started') return 127
  return answer.outcome === 'exited' ? (answer.exitCode ?? 1) : 1
}

/** Every process of the group, by its age and its command. */
function listGroup(group: number): string {
  const { stdout, error } = spawnSync('ps', ['-A', '-o', 'pgid=,pid=,etime=,args='], {
    encoding: 'utf8',
    timeout: LOOK_MS,
  })
  if (error) return `unknown: ${error.message}`
  return stdout
    .split('\n')
    .filter((line) => line.trim().split(/\s+/)[0] === String(group))
    .map((line) => line.slice(0, 300))
    .join('\n')
}
