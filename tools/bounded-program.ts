/**
 * Runs a check for a limited time, with all that it prints in a log. One that hangs is ended together with all that it
 * started, and its output ends with what was still running.
 */
import { spawn, spawnSync } from 'node:child_process'
import { appendFileSync, writeFileSync } from 'node:fs'

/** The log has everything. */
const KEPT_CHARACTERS = 1_000_000
const DRAIN_MS = 2000
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

export function startBounded([command = '', ...args]: readonly string[], options: BoundedOptions): BoundedProgram {
  const { cwd, env, limitMs, logFile, onOutput } = options
  writeFileSync(logFile, '')
  // A group of its own, so that all that it starts can be ended with it.
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let output = ''
  const take = (text: string) => {
    output = (output + text).slice(-KEPT_CHARACTERS)
    appendFileSync(logFile, text)
    onOutput(text)
  }
  const kill = (signal: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal)
    } catch {
      // It has ended.
    }
  }
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', take)
  const ended = new Promise<{ exitCode: number; output: string }>((resolve) => {
    const timer = setTimeout(() => {
      take(`\nNot finished after ${limitMs / MINUTE_MS} min, ended. Still running:\n${listGroup(child.pid)}\n`)
      kill('SIGKILL')
    }, limitMs)
    const settle = (exitCode: number) => {
      clearTimeout(timer)
      // What it left running must not hold up the next check.
      kill('SIGKILL')
      resolve({ exitCode, output })
    }
    child.once('error', (error) => {
      take(`${error}\n`)
      settle(127)
    })
    child.once('exit', (code, signal) => {
      if (signal) take(`\nended by ${signal}\n`)
      const done = () => settle(code ?? 1)
      child.once('close', done)
      setTimeout(done, DRAIN_MS) // a process that a test left may hold the streams open
    })
  })
  return { ended, kill }
}

/** Every process of the group, by its age and its command. */
function listGroup(group: number | undefined): string {
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
