// @ts-check
/**
 * The ways to install PyTorch, in the order in which they are tried. `uv` and `pip` install into `.radix/venv`, apt into
 * the system. A machine without a GPU never gets PyPI's wheels for Linux on x64: they bring gigabytes of CUDA.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { findOnPath } from './system.mjs'

const CPU_INDEX = 'https://download.pytorch.org/whl/cpu'

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
  announcement: (place) => `Installing PyTorch into .radix/venv with uv (${wheelSize(place)})`,
  python: venvPython,
  install(place) {
    const backend = needsCpuIndex(place.hasGpu, place.system) ? ['--torch-backend', 'cpu'] : []
    return runAll(place, { UV_HTTP_TIMEOUT: '20', UV_HTTP_RETRIES: '1' }, [
      ['uv', 'venv', '--quiet', '--python', place.basePython ?? '>=3.9', venvFolder(place)],
      ['uv', 'pip', 'install', '--quiet', '--python', venvPython(place), ...backend, ...wheels(place)],
    ])
  },
}

/** @type {Installer} */
const pip = {
  name: 'pip',
  obstacle: ({ basePython }) => (basePython ? undefined : 'needs Python 3.9 or newer'),
  announcement: (place) => `Installing PyTorch into .radix/venv with pip (${wheelSize(place)})`,
  python: venvPython,
  install(place) {
    // Both, and as variables: so they also outrank an extra index of the user's, where pip might prefer CUDA.
    const cpuOnly = { PIP_INDEX_URL: CPU_INDEX, PIP_EXTRA_INDEX_URL: CPU_INDEX }
    const patience = ['--retries', '1', '--timeout', '20', '--disable-pip-version-check', '--no-input']
    return runAll(place, needsCpuIndex(place.hasGpu, place.system) ? cpuOnly : {}, [
      [place.basePython ?? 'python3', '-m', 'venv', venvFolder(place)],
      [venvPython(place), '-m', 'pip', 'install', '--quiet', ...patience, ...wheels(place)],
    ])
  },
}

/** @type {Installer} */
const apt = {
  name: 'apt-get',
  obstacle({ system, hasTorch }) {
    if (hasTorch) return "Debian's PyTorch cannot use a GPU"
    if (findOnPath('apt-get', system).length === 0) return 'is not here'
    return system.isRoot ? undefined : 'needs root'
  },
  announcement: () => `Installing ${DEBIAN_PACKAGES.join(', ')} with apt-get (about 100 MB)`,
  python: () => '/usr/bin/python3',
  async install({ root, system }) {
    const options = { cwd: root, env: { DEBIAN_FRONTEND: 'noninteractive' } }
    const patience = ['-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=2']
    const updated = await system.run(['apt-get', ...patience, 'update'], options)
    const arguments_ = ['install', '-y', '--no-install-recommends', ...DEBIAN_PACKAGES]
    const installed = await system.run(['apt-get', ...patience, ...arguments_], options)
    // A failed update, of one source of many perhaps, is of interest only where the packages then cannot be had.
    return installed.ok ? undefined : `${updated.ok ? '' : updated.output}\n${installed.output}`
  },
}

export const INSTALLERS = [uv, pip, apt]

/**
 * @param {boolean} hasGpu
 * @param {import('./system.mjs').System} system
 */
export function needsCpuIndex(hasGpu, { platform, arch }) {
  return !hasGpu && platform === 'linux' && arch === 'x64'
}

/**
 * Into a new virtual environment; one that fails halfway is removed.
 * @param {InstallerPlace} place
 * @param {Record<string, string>} env
 * @param {string[][]} commands
 */
async function runAll(place, env, commands) {
  rmSync(venvFolder(place), { recursive: true, force: true })
  for (const argv of commands) {
    const { ok, output } = await place.system.run(argv, { cwd: place.root, env })
    if (ok) continue
    rmSync(venvFolder(place), { recursive: true, force: true })
    return output.includes('ensurepip') ? `${argv[0]} has no venv module (Debian: python3-venv)` : output
  }
  return undefined
}

/** The last PyTorch for Macs with Intel processors was built for numpy 1. @param {InstallerPlace} place */
function wheels({ system }) {
  return system.platform === 'darwin' && system.arch === 'x64' ? ['torch', 'numpy<2'] : ['torch', 'numpy']
}

/** @param {InstallerPlace} place */
function wheelSize({ hasGpu, system }) {
  return hasGpu && system.platform === 'linux' ? 'several GB, with CUDA' : 'about 200 MB'
}

/** @param {InstallerPlace} place */
function venvFolder({ root }) {
  return join(root, '.radix', 'venv')
}

/** @param {InstallerPlace} place */
function venvPython(place) {
  return join(venvFolder(place), 'bin', 'python')
}
