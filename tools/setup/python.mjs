// @ts-check
/** Finds the Pythons that are here, and makes virtual environments with uv or pip. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from './errors.mjs'
import { findOnPath, installDebianPackages, isExecutable, LIMITS_MS } from './host.mjs'

/** An index that cannot be reached is given up within a minute. The user's own settings outrank these. */
const PATIENCE = { UV_HTTP_TIMEOUT: '20', UV_HTTP_RETRIES: '1', PIP_RETRIES: '1', PIP_DEFAULT_TIMEOUT: '20' }

/**
 * @typedef {import('./host.mjs').Host} Host
 * @typedef {object} Venv
 * @property {string} what for the user
 * @property {string} folder
 * @property {string} oldestPython
 * @property {{ args: string[], env?: Record<string, string> }[]} installs of pip or uv, in order: the arguments, and
 *   variables that outrank the user's
 */

/** @param {Host} host @returns {string[]} the Pythons that are here, the likeliest first */
export function listPythons(host) {
  const paths = [...findOnPath('python3', host), ...findOnPath('python', host), '/usr/bin/python3']
  return [...new Set(paths.filter(isExecutable))]
}

/**
 * The ways to make a virtual environment anew. Each answers its interpreter, and leaves nothing behind when it fails.
 * @param {Venv} venv
 * @param {Host} host
 */
export function waysToMakeVenv({ what, folder, oldestPython, installs }, host) {
  const python = join(folder, 'bin', 'python')
  const env = { ...PATIENCE, ...host.env }

  /** @param {string[]} create @param {string[]} install */
  async function make(create, install) {
    rmSync(folder, { recursive: true, force: true })
    try {
      await createVenv(() => host.run(create, { timeoutMs: LIMITS_MS.install, env }), host)
      for (const each of installs) {
        const options = { timeoutMs: LIMITS_MS.pythonPackages, env: { ...env, ...each.env } }
        await host.run([...install, '--quiet', ...each.args], options)
      }
      return python
    } catch (error) {
      rmSync(folder, { recursive: true, force: true })
      throw error
    }
  }

  return {
    async uv() {
      if (findOnPath('uv', host).length === 0) throw new Failure('it is not installed')
      host.say(`${what} with uv…`)
      return make(['uv', 'venv', '--python', `>=${oldestPython}`, folder], ['uv', 'pip', 'install', '--python', python])
    },
    async pip() {
      const base = await findPython(oldestPython, host)
      host.say(`${what} with pip…`)
      const install = [python, '-m', 'pip', 'install', '--no-input', '--disable-pip-version-check']
      return make([base, '-m', 'venv', folder], install)
    },
  }
}

/** @param {string} oldest version @param {Host} host */
async function findPython(oldest, host) {
  const look = `import sys; sys.exit(sys.version_info < (${oldest.replace('.', ', ')}))`
  for (const python of listPythons(host)) {
    const run = host.run([python, '-c', look], { timeoutMs: LIMITS_MS.look })
    const isNewEnough = await run.then(
      () => true,
      () => false,
    )
    if (isNewEnough) return python
  }
  throw new Failure(`there is no Python ${oldest} or newer`)
}

/** Debian keeps a part of the venv module in a package of its own. */
async function createVenv(/** @type {() => Promise<unknown>} */ create, /** @type {Host} */ host) {
  await create().catch(async (error) => {
    if (!(error.message.includes('ensurepip') && host.isRoot)) throw error
    await installDebianPackages(['python3-venv'], host)
    await create()
  })
}
