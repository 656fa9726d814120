// @ts-check
/**
 * The need for moto, which answers to the AWS SDK as AWS does, in a virtual environment of its own. The tests that talk
 * to AWS are made against it. Without it they are skipped, and say so; in CI (where CI is set) they have to run.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hasAptGet, installDebianPackages } from './apt-get.mjs'
import { renderSetupError, SetupError } from './errors.mjs'
import { SETUP_LIMITS_MS } from './limits.mjs'
import { listPythons } from './python.mjs'
import { reasonOf } from './reasons.mjs'
import { findOnPath, isExecutable, step } from './system.mjs'

/** `moto[server]` brings twice as much, for services that our tests do not call. */
const MOTO = ['moto[cognitoidp,ec2,ssm]==5.2.5', 'flask==3.1.3', 'flask-cors==6.0.5']
/** And zizmor, which looks at the workflows. */
const REQUIREMENTS = [...MOTO, 'zizmor==1.32.0']
const OLDEST_PYTHON = '3.10'
const LOOK = `import sys; sys.exit(sys.version_info < (${OLDEST_PYTHON.replace('.', ', ')}))`

/** @type {import('./commands.mjs').Need} */
export const moto = {
  check({ root, system }) {
    const requested = system.env.RADIX_MOTO_SERVER || undefined
    if (requested) return isExecutable(requested) ? { RADIX_MOTO_SERVER: requested } : undefined
    return readStamp(root) === stampFor(root) && isExecutable(program(root))
      ? { RADIX_MOTO_SERVER: program(root) }
      : undefined
  },

  async provide(place) {
    const { root, system } = place
    const requested = system.env.RADIX_MOTO_SERVER || undefined
    if (requested) throw new SetupError('SETUP_MOTO_UNUSABLE', { program: requested })
    const failure = await step(system, 'Installing moto and zizmor into .radix/moto (about 170 MB)', () =>
      install(place),
    )
    if (failure === undefined) {
      writeFileSync(stampFile(root), stampFor(root))
      return { RADIX_MOTO_SERVER: program(root) }
    }
    rmSync(folder(root), { recursive: true, force: true })
    const error = new SetupError('SETUP_MOTO_UNAVAILABLE', {
      tried: failure,
      debian: hasAptGet(system) ? 'yes' : '',
      sudo: system.isRoot ? '' : 'sudo ',
      requirements: MOTO.map((each) => `'${each}'`).join(' '),
    })
    if (system.env.CI) throw error
    system.say(renderSetupError(error))
    system.say('Going on without it: the tests against AWS will be SKIPPED.')
    return {}
  },
}

/**
 * With uv where it is installed, else with the venv module of a Python.
 * @param {import('./commands.mjs').Place} place
 * @returns {Promise<string | undefined>} undefined, or what was tried
 */
async function install(place) {
  const { root, system } = place
  mkdirSync(join(root, '.radix'), { recursive: true })
  const tried = []
  if (findOnPath('uv', system).length > 0) {
    const failure = await runAll(place, [
      ['uv', 'venv', '--quiet', '--python', `>=${OLDEST_PYTHON}`, folder(root)],
      ['uv', 'pip', 'install', '--quiet', '--python', python(root), ...REQUIREMENTS],
    ])
    if (failure === undefined) return undefined
    tried.push(`uv: ${reasonOf(failure)}`)
  }
  for (const base of await listSuitablePythons(place)) {
    const failure = await installWith(base, place)
    if (failure === undefined) return undefined
    tried.push(`${base}: ${failure.includes('ensurepip') ? 'has no venv module' : reasonOf(failure)}`)
  }
  return tried.join('; ') || `there is no Python ${OLDEST_PYTHON} or newer`
}

/**
 * Debian keeps the venv module in a package of its own, which only root can install.
 * @param {string} base
 * @param {import('./commands.mjs').Place} place
 */
async function installWith(base, place) {
  const patience = ['--retries', '1', '--timeout', '20', '--disable-pip-version-check', '--no-input']
  const commands = [
    [base, '-m', 'venv', folder(place.root)],
    [python(place.root), '-m', 'pip', 'install', '--quiet', ...patience, ...REQUIREMENTS],
  ]
  const failure = await runAll(place, commands)
  if (!failure?.includes('ensurepip') || !(place.system.isRoot && hasAptGet(place.system))) return failure
  return (await installDebianPackages(['python3-venv'], place)) ?? (await runAll(place, commands))
}

/** @param {import('./commands.mjs').Place} place */
async function listSuitablePythons({ root, system }) {
  const suitable = []
  for (const path of listPythons(root, system)) {
    const { ok } = await system.run([path, '-c', LOOK], { cwd: root, timeoutMs: SETUP_LIMITS_MS.look })
    if (ok) suitable.push(path)
  }
  return suitable
}

/**
 * Into a new folder each time: what an interrupted set-up left is not trusted.
 * @param {import('./commands.mjs').Place} place
 * @param {string[][]} commands
 */
async function runAll({ root, system }, commands) {
  rmSync(folder(root), { recursive: true, force: true })
  for (const argv of commands) {
    const { ok, output } = await system.run(argv, { cwd: root, timeoutMs: SETUP_LIMITS_MS.pythonPackages })
    if (!ok) return output || 'no output'
  }
  return undefined
}

/** @param {string} root */
function readStamp(root) {
  try {
    return readFileSync(stampFile(root), 'utf8')
  } catch {
    return ''
  }
}

/** The place belongs to it: the programs of a virtual environment name their interpreter by its path. @param {string} root */
function stampFor(root) {
  return `${REQUIREMENTS.join(' ')} ${root}\n`
}

/** @param {string} root */
function stampFile(root) {
  return join(folder(root), '.radix-stamp')
}

/** @param {string} root */
function program(root) {
  return join(folder(root), 'bin', 'moto_server')
}

/** @param {string} root */
function python(root) {
  return join(folder(root), 'bin', 'python')
}

/** @param {string} root */
function folder(root) {
  return join(root, '.radix', 'moto')
}
