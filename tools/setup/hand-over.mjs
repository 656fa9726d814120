// @ts-check
/**
 * Runs the command in the set-up's place: same terminal, signals passed on, same exit status or signal.
 * Node 20 cannot replace its own process, hence a child.
 */
import { spawn } from 'node:child_process'

/** @type {NodeJS.Signals[]} */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']
/** A terminal sends these to every process of the foreground group itself, so the child has them already. */
const SENT_BY_TERMINALS = ['SIGINT', 'SIGHUP']

/**
 * @param {string[]} argv
 * @param {{ cwd: string, env: Record<string, string | undefined> }} options
 */
export function handOver([command = '', ...args], options) {
  const child = spawn(command, args, { ...options, stdio: 'inherit' })
  const underTerminal = Boolean(process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY)
  /** @param {NodeJS.Signals} signal */
  const passOn = (signal) => {
    if (!(underTerminal && SENT_BY_TERMINALS.includes(signal))) child.kill(signal)
  }
  for (const signal of SIGNALS) process.on(signal, passOn)
  child.on('error', (error) => {
    process.stderr.write(`cannot run ${command}: ${error.message}\n`)
    process.exitCode = 127
  })
  child.on('exit', (status, signal) => {
    for (const name of SIGNALS) process.removeListener(name, passOn)
    if (signal) process.kill(process.pid, signal)
    else process.exitCode = status ?? 1
  })
}
