// @ts-check
/** The table of commands and of the steps that each needs. Takes the steps that are missing, then runs the command. */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dashboard } from './dashboard.mjs'
import { dependencies } from './dependencies.mjs'
import { SetupError } from './errors.mjs'
import { handOver } from './hand-over.mjs'
import { realHost } from './host.mjs'
import { withSetupLock } from './lock.mjs'
import { node } from './node.mjs'
import { pytorch } from './pytorch.mjs'
import { chromium, moto } from './test-tools.mjs'

/**
 * @typedef {import('./host.mjs').Host} Host
 * @typedef {object} Step
 * @property {(host: Host) => Record<string, string> | undefined} check undefined: missing. Otherwise the variables by
 *   which later programs find it. Takes milliseconds and starts no program
 * @property {(host: Host) => Promise<void>} provide installs it, or throws a SetupError. Safe to repeat
 * @property {string} [withoutIt] the command can do without it; this says what is missing then
 */

const dashboardIfPossible = { ...dashboard, withoutIt: 'the control plane has no pages until it is built.' }
const motoIfPossible = unlessInCi(moto, 'the tests against AWS will be SKIPPED.')
const chromiumIfPossible = unlessInCi(chromium, 'the tests of the dashboard will be SKIPPED.')

/** @type {Record<string, { steps: Step[], argv: string[] }>} */
const COMMANDS = {
  start: { steps: [node, dependencies, dashboardIfPossible, pytorch], argv: ['node', 'src/cli/main.ts', 'start'] },
  test: {
    steps: [node, dependencies, dashboard, pytorch, motoIfPossible, chromiumIfPossible],
    argv: ['node', 'tools/check.ts'],
  },
  build: { steps: [node, dependencies, dashboard], argv: ['node', 'tools/build-package.ts'] },
  /** Runs what the user names, in the user's own folder. */
  exec: { steps: [node, dependencies], argv: [] },
  /** The same for what shows the dashboard. */
  show: { steps: [node, dependencies, dashboardIfPossible], argv: [] },
}

/** @type {NodeJS.Signals[]} */
const INTERRUPTS = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** @param {string[]} args the command's name and its arguments */
export async function run([name = '', ...args]) {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  const argv = [...(command?.argv ?? []), ...(args[0] === '--' ? args.slice(1) : args)]
  if (!command || argv.length === 0) {
    throw new SetupError('SETUP_COMMAND_UNKNOWN', {
      title: 'The set-up does not know this command',
      why: `It was called with "${name}" and knows ${Object.keys(COMMANDS).join(', ')}.`,
      fix: ['npm start', 'npm test', './radix --help'],
    })
  }
  const host = realHost(join(dirname(fileURLToPath(import.meta.url)), '..', '..'))
  // Leaves through `exit`, whose listeners end what was started and give the lock back.
  const interrupt = () => process.exit(130)
  for (const signal of INTERRUPTS) process.on(signal, interrupt)
  await ensure(command.steps, host)
  for (const signal of INTERRUPTS) process.removeListener(signal, interrupt)
  const isNamedByUser = command.argv.length === 0
  handOver(argv, { cwd: isNamedByUser ? process.cwd() : host.root, env: host.env })
}

/**
 * Adds to the environment of the host what the steps answer. Checks without the lock, because nearly always nothing is
 * missing. Checks again under the lock: another set-up may have provided the step meanwhile.
 * @param {Step[]} steps
 * @param {Host} host
 */
export async function ensure(steps, host) {
  assertPlatform(host)
  const found = steps.map((step) => step.check(host))
  if (found.every((variables) => variables !== undefined)) {
    Object.assign(host.env, ...found)
    return
  }
  await withSetupLock(host, async () => {
    for (const step of steps) Object.assign(host.env, step.check(host) ?? (await provide(step, host)))
  })
}

/** @param {Step} step @param {Host} host */
async function provide(step, host) {
  try {
    await step.provide(host)
    return step.check(host)
  } catch (error) {
    if (!step.withoutIt || !(error instanceof SetupError)) throw error
    host.say(error.text)
    host.say(`Going on without it: ${step.withoutIt}`)
    return {}
  }
}

/** In CI no test may be skipped. @param {Step} step @param {string} withoutIt */
function unlessInCi(step, withoutIt) {
  return process.env.CI ? step : { ...step, withoutIt }
}

/** @param {Host} host */
function assertPlatform({ platform, arch }) {
  if (['linux', 'darwin'].includes(platform) && ['x64', 'arm64'].includes(arch)) return
  throw new SetupError('SETUP_UNSUPPORTED_PLATFORM', {
    title: 'Radix does not run on this platform',
    why: `This is ${platform} ${arch}. Radix runs on Linux and macOS, x64 and arm64.`,
    fix: ['use Linux or macOS; on Windows: wsl --install, then clone and run inside it'],
  })
}
