// @ts-check
/**
 * The ways to install PyTorch, in the order in which they are tried. `uv` and `pip` install into `.radix/venv`, apt into
 * the system. A machine without a GPU gets PyPI's wheels for Linux on x64, with gigabytes of CUDA, only when the user asks.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { hasAptGet, installDebianPackages } from './apt-get.mjs'
import { SETUP_LIMITS_MS } from './limits.mjs'
import { findOnPath } from './system.mjs'
import { indexEnvironment, torchInstalls, wheelSize } from './torch-wheels.mjs'

export const DEBIAN_PACKAGES = ['python3', 'python3-torch', 'libopenblas0-pthread']

/**
 * @typedef {object} Finding what the search left behind
 * @property {boolean} hasGpu
 * @property {boolean} hasTorch there is a PyTorch already that only cannot use the GPU
 * @property {string | undefined} basePython that a virtual environment can be made from
 * @typedef {import('./commands.mjs').Place & Finding} InstallerPlace
 *
 * @typedef {object} Installer
 * @property {string} name
 * @property {(place: InstallerPlace) => string | undefined} obstacle why it cannot be tried here
 * @property {(place: InstallerPlace) => string} announcement
 * @property {(place: InstallerPlace) => Promise<string | undefined>} install undefined, or the output of what failed
 * @property {(place: InstallerPlace) => string} python the interpreter that has PyTorch afterwards
 */

/** @type {Installer} */
const uv = {
  name: 'uv',
  obstacle: ({ system }) => (findOnPath('uv', system).length === 0 ? 'is not installed' : undefined),
  announcement: ({ hasGpu, system }) => `Installing PyTorch into .radix/venv with uv (${wheelSize(hasGpu, system)})`,
  python: venvPython,
  install(place) {
    const create = ['uv', 'venv', '--quiet', '--python', place.basePython ?? '>=3.9', venvFolder(place)]
    const install = ['uv', 'pip', 'install', '--quiet', '--python', venvPython(place)]
    return installInto(place, create, install, { UV_HTTP_TIMEOUT: '20', UV_HTTP_RETRIES: '1' })
  },
}

/** @type {Installer} */
const pip = {
  name: 'pip',
  obstacle: ({ basePython }) => (basePython ? undefined : 'needs Python 3.9 or newer'),
  announcement: ({ hasGpu, system }) => `Installing PyTorch into .radix/venv with pip (${wheelSize(hasGpu, system)})`,
  python: venvPython,
  install(place) {
    const create = [place.basePython ?? 'python3', '-m', 'venv', venvFolder(place)]
    const install = [venvPython(place), '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input']
    return installInto(place, create, install, { PIP_RETRIES: '1', PIP_DEFAULT_TIMEOUT: '20' })
  },
}

/** @type {Installer} */
const apt = {
  name: 'apt-get',
  obstacle({ system, hasTorch }) {
    if (hasTorch) return "Debian's PyTorch cannot use a GPU"
    if (!hasAptGet(system)) return 'is not here'
    return system.isRoot ? undefined : 'needs root'
  },
  announcement: () => `Installing ${DEBIAN_PACKAGES.join(', ')} with apt-get (about 100 MB)`,
  python: () => '/usr/bin/python3',
  install: (place) => installDebianPackages(DEBIAN_PACKAGES, place),
}

export const INSTALLERS = [uv, pip, apt]

/**
 * Into a new virtual environment; one that fails halfway is removed. The user's own settings outrank our patience.
 * @param {InstallerPlace} place
 * @param {string[]} create
 * @param {string[]} install
 * @param {Record<string, string>} patience
 */
async function installInto(place, create, install, patience) {
  const { root, system, hasGpu } = place
  const own = Object.fromEntries(Object.entries(patience).filter(([name]) => !system.env[name]))
  const installs = torchInstalls(hasGpu, system).map((each) => ({
    argv: [...install, ...each],
    env: { ...own, ...indexEnvironment(each) },
  }))
  rmSync(venvFolder(place), { recursive: true, force: true })
  for (const { argv, env } of [{ argv: create, env: own }, ...installs]) {
    const { ok, output } = await system.run(argv, { cwd: root, env, timeoutMs: SETUP_LIMITS_MS.pythonPackages })
    if (ok) continue
    rmSync(venvFolder(place), { recursive: true, force: true })
    return output.includes('ensurepip') ? `${argv[0]} has no venv module (Debian: python3-venv)` : output
  }
  return undefined
}

/** @param {InstallerPlace} place */
function venvFolder({ root }) {
  return join(root, '.radix', 'venv')
}

/** @param {InstallerPlace} place */
function venvPython(place) {
  return join(venvFolder(place), 'bin', 'python')
}
