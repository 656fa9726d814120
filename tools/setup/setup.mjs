// @ts-check
/** Makes sure of every need of a command, then hands over to the command. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { COMMANDS } from './commands.mjs'
import { SetupError } from './errors.mjs'
import { handOver } from './hand-over.mjs'
import { withSetupLock } from './lock.mjs'
import { realSystem } from './system.mjs'

const INTERRUPTS = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** @param {string[]} args the command's name and its arguments */
export async function run([name = '', ...args]) {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  const argv = [...(command?.argv ?? []), ...(args[0] === '--' ? args.slice(1) : args)]
  if (!command || argv.length === 0) {
    throw new SetupError('SETUP_COMMAND_UNKNOWN', { command: name, known: Object.keys(COMMANDS).join(', ') })
  }
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const place = { root, system: realSystem() }
  for (const signal of INTERRUPTS) process.on(signal, interrupt)
  const environment = await ensure(command.needs, place)
  for (const signal of INTERRUPTS) process.removeListener(signal, interrupt)
  const isNamedByUser = command.argv.length === 0
  handOver(argv, { cwd: isNamedByUser ? process.cwd() : root, env: { ...process.env, ...environment } })
}

/**
 * Checks without the lock, because nearly always nothing is missing. Under the lock it checks again: another set-up
 * may have provided the need meanwhile.
 * @param {import('./commands.mjs').Need[]} needs
 * @param {import('./commands.mjs').Place} place
 * @returns {Promise<import('./commands.mjs').Environment>}
 */
export async function ensure(needs, place) {
  assertPlatform(place.system)
  const found = needs.map((need) => need.check(place))
  if (found.every((environment) => environment !== undefined)) return Object.assign({}, ...found)
  return withSetupLock(join(place.root, '.radix'), place.system, async () => {
    const environment = {}
    for (const need of needs) Object.assign(environment, need.check(place) ?? (await need.provide(place)))
    return environment
  })
}

/** Interrupted during the set-up: leave through `exit`, whose listeners end what was started and give the lock back. */
function interrupt() {
  process.exit(130)
}

/** @param {import('./system.mjs').System} system */
function assertPlatform({ platform, arch }) {
  const known = ['linux', 'darwin'].includes(platform) && ['x64', 'arm64'].includes(arch)
  if (!known) throw new SetupError('SETUP_UNSUPPORTED_PLATFORM', { platform: `${platform} ${arch}` })
}
