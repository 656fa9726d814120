// @ts-check
/** The port to the machine: all that the set-up asks of it besides its own files, so that tests can pass a fake. */
import { spawn } from 'node:child_process'
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const MAXIMUM_OUTPUT = 1_000_000

/**
 * @typedef {object} Outcome
 * @property {boolean} ok ended by itself with status 0
 * @property {string} stdout
 * @property {string} output stdout and stderr as they came, with a last line that says why it did not run or end
 */
/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {Record<string, string>} [env] in addition to the system's
 * @property {number} timeoutMs killed after that, with all that it started
 */
/**
 * @typedef {object} System
 * @property {string} platform
 * @property {string} arch
 * @property {'glibc' | 'musl'} libc of Linux
 * @property {boolean} isRoot
 * @property {string} nodeVersion of the Node that runs the set-up
 * @property {string} nodePath of the Node that runs the set-up
 * @property {Record<string, string | undefined>} env
 * @property {(argv: string[], options: RunOptions) => Promise<Outcome>} run never throws, never reads the terminal
 * @property {(milliseconds: number) => Promise<void>} wait
 * @property {(line: string) => void} say
 */

/** @returns {System} */
export function realSystem() {
  return {
    platform: process.platform,
    arch: process.arch,
    libc: existsSync('/etc/alpine-release') ? 'musl' : 'glibc',
    isRoot: process.getuid?.() === 0,
    nodeVersion: process.versions.node,
    nodePath: process.execPath,
    env: process.env,
    run,
    wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    // To stderr: stdout belongs to the command that runs after the set-up.
    say: (line) => void process.stderr.write(`${line}\n`),
  }
}

/**
 * Says what begins, and afterwards how long it took.
 * @template T
 * @param {System} system
 * @param {string} what
 * @param {() => Promise<T>} action
 * @returns {Promise<T>}
 */
export async function step(system, what, action) {
  system.say(`${what}…`)
  const startMs = Date.now()
  try {
    return await action()
  } finally {
    system.say(`  took ${((Date.now() - startMs) / 1000).toFixed(1)} s`)
  }
}

/**
 * @param {string} name
 * @param {System} system
 * @returns {string[]} every executable of that name on PATH, in order
 */
export function findOnPath(name, system) {
  const folders = (system.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, name)).filter(isExecutable)
}

/** @param {string} path */
export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** @type {System['run']} */
function run([command = '', ...args], { cwd, env, timeoutMs }) {
  return new Promise((resolve) => {
    // A group of its own, so that all that it starts can be ended with it.
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    let stdout = ''
    let output = ''
    let ended = false
    const timer = setTimeout(() => end(`no answer after ${timeoutMs / 1000} s`), timeoutMs)
    const endWithParent = () => kill('SIGTERM')
    process.once('exit', endWithParent)
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout = withinLimit(stdout + text)
      output = withinLimit(output + text)
    })
    child.stderr.setEncoding('utf8').on('data', (text) => {
      output = withinLimit(output + text)
    })
    child.on('error', (error) => end(error.message))
    child.on('close', (status, signal) => end(signal ? `ended by ${signal}` : '', status === 0))

    /** @param {NodeJS.Signals} signal */
    function kill(signal) {
      try {
        if (child.pid) process.kill(-child.pid, signal)
      } catch {
        // It has ended.
      }
    }

    /** @param {string} reason @param {boolean} [ok] */
    function end(reason, ok = false) {
      if (ended) return
      ended = true
      clearTimeout(timer)
      process.removeListener('exit', endWithParent)
      if (reason !== '') {
        kill('SIGKILL')
        // A process outside the group may hold the pipes open: what it would still say is not waited for.
        child.stdout?.destroy()
        child.stderr?.destroy()
        output += `${output === '' || output.endsWith('\n') ? '' : '\n'}${reason}`
      }
      resolve({ ok, stdout, output: output.trim() })
    }
  })
}

/** Keeps the beginning and the end, where the reasons are. @param {string} text */
function withinLimit(text) {
  if (text.length <= MAXIMUM_OUTPUT) return text
  return `${text.slice(0, MAXIMUM_OUTPUT / 4)}\n…\n${text.slice(-MAXIMUM_OUTPUT / 2)}`
}
