// @ts-check
/** The machine as the set-up sees it, and how it runs programs there. Tests pass a made-up one. */
import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Failure } from './errors.mjs'

const MINUTE = 60_000

/** How long each program may take, in milliseconds. Node 18 cannot read src/core/limits, which is TypeScript. */
export const LIMITS_MS = {
  /** `node --version`, `nvidia-smi -L` and an interpreter that says its version. */
  look: 15_000,
  /** The first import of PyTorch reads gigabytes from a cold disk. */
  importPytorch: 3 * MINUTE,
  buildDashboard: 5 * MINUTE,
  install: 15 * MINUTE,
  /** PyTorch with CUDA is several GB. */
  pythonPackages: 60 * MINUTE,
}

const MAXIMUM_OUTPUT = 100_000_000
const MAXIMUM_LINES = 16
const MAXIMUM_LINE = 500

/**
 * @typedef {Record<string, string | undefined>} Environment
 * @typedef {object} RunOptions
 * @property {number} timeoutMs ended after that
 * @property {Environment} [env] in addition to the host's
 * @typedef {object} Host
 * @property {string} root the folder of the clone
 * @property {Environment} env of every program. Steps add to it
 * @property {string} platform
 * @property {string} arch
 * @property {'glibc' | 'musl'} libc of Linux
 * @property {boolean} isRoot
 * @property {string} nodeVersion of the Node that runs the set-up
 * @property {string} nodePath of the Node that runs the set-up
 * @property {(argv: string[], options: RunOptions) => Promise<string>} run in the clone, without the terminal. Answers
 *   stdout; throws a Failure when the program is not there, fails or takes too long
 * @property {(milliseconds: number) => Promise<void>} wait
 * @property {(line: string) => void} say
 */

/** @param {string} root @returns {Host} */
export function realHost(root) {
  const env = { ...process.env }
  return {
    root,
    env,
    platform: process.platform,
    arch: process.arch,
    libc: existsSync('/etc/alpine-release') ? 'musl' : 'glibc',
    isRoot: process.getuid?.() === 0,
    nodeVersion: process.versions.node,
    nodePath: process.execPath,
    run: (argv, { timeoutMs, ...options }) =>
      runProgram(argv, { cwd: root, env: { ...env, ...options.env }, timeout: timeoutMs }),
    wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    // To stderr: stdout belongs to the command that runs after the set-up.
    say: (line) => void process.stderr.write(`${line}\n`),
  }
}

/** @param {string} name @param {Host} host @returns {string[]} every executable of that name on PATH, in order */
export function findOnPath(name, { env }) {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
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

/** @param {Host} host */
export function hasAptGet(host) {
  return findOnPath('apt-get', host).length > 0
}

/** Only as root: the set-up never runs sudo. @param {string[]} packages @param {Host} host */
export async function installDebianPackages(packages, host) {
  if (!hasAptGet(host)) throw new Failure('apt-get is not here')
  if (!host.isRoot) throw new Failure('apt-get needs root')
  const options = { timeoutMs: LIMITS_MS.install, env: { DEBIAN_FRONTEND: 'noninteractive' } }
  const aptGet = ['apt-get', '-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=2']
  host.say(`Installing ${packages.join(', ')} with apt-get…`)
  // One source of many may have failed. That matters only when the packages then cannot be installed.
  const updated = await host.run([...aptGet, 'update'], options).then(
    () => '',
    (error) => `${error.message}\n`,
  )
  await host.run([...aptGet, 'install', '-y', '--no-install-recommends', ...packages], options).catch((error) => {
    throw new Failure(`${updated}${error.message}`)
  })
}

/** @param {string[]} packages @param {Host} host @returns {string} the command for a user */
export function debianCommand(packages, { isRoot }) {
  const sudo = isRoot ? '' : 'sudo '
  return `${sudo}apt-get update && ${sudo}apt-get install -y --no-install-recommends ${packages.join(' ')}`
}

/**
 * @param {string[]} argv
 * @param {{ cwd: string, env: Environment, timeout: number }} options
 * @returns {Promise<string>}
 */
function runProgram([command = '', ...args], options) {
  return new Promise((resolve, reject) => {
    const limits = { killSignal: /** @type {const} */ ('SIGKILL'), maxBuffer: MAXIMUM_OUTPUT }
    const child = execFile(command, args, { ...options, ...limits }, (error, stdout, stderr) => {
      process.removeListener('exit', endWithParent)
      if (error) reject(new Failure(reasonOf(error, stderr.trim() || stdout.trim(), options.timeout)))
      else resolve(stdout)
    })
    const endWithParent = () => child.kill('SIGTERM')
    process.once('exit', endWithParent)
    // It must not wait for an answer of the user.
    child.stdin?.end()
  })
}

/**
 * The beginning and the end of the output: the reason is seldom on the last line.
 * @param {import('node:child_process').ExecFileException} error
 * @param {string} output
 * @param {number} timeoutMs
 */
function reasonOf({ killed, signal, code, message }, output, timeoutMs) {
  const hasStatus = typeof code === 'number'
  const ending = signal ? `ended by ${signal}` : hasStatus ? `ended with status ${code}` : message
  const reason = killed ? `no answer after ${timeoutMs / 1000} s` : ending
  const lines = withoutPasswords(hasStatus && output !== '' ? output : `${reason}\n${output}`.trim()).split('\n')
  if (lines.length > MAXIMUM_LINES) lines.splice(MAXIMUM_LINES - 2, lines.length - MAXIMUM_LINES + 1, '…')
  return lines.map((line) => line.slice(0, MAXIMUM_LINE)).join('\n')
}

/** The address of a proxy or a mirror may hold one. @param {string} text */
function withoutPasswords(text) {
  return text.replace(/:\/\/[^\s/@]{1,512}@/g, '://')
}
