// @ts-check
/** The need for `node_modules` as package-lock.json says. */
import { createHash } from 'node:crypto'
import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chosenNode } from './chosen-node.mjs'
import { SetupError } from './errors.mjs'
import { SETUP_LIMITS_MS } from './limits.mjs'
import { npmForNode24 } from './npm.mjs'
import { listMissingPackages, listNativeModules, listWantedPackages, readPackageLock } from './package-lock.mjs'
import { beginningOf, networkReasonIn } from './reasons.mjs'
import { step } from './system.mjs'

const LOAD = 'for (const file of process.argv.slice(1)) require(file)'

/** @type {import('./commands.mjs').Need} */
export const dependencies = {
  check({ root, system }) {
    const lock = readPackageLock(root)
    // The stamp alone proves nothing: files may have gone since, and an older set-up stamped what it had left out.
    if (listMissingPackages(root, listWantedPackages(lock.packages, system)).length > 0) return undefined
    const expected = stampFor(lock.text, system)
    if (readText(stampFile(root)) === expected) {
      keepNewerThanLock(root)
      return {}
    }
    if (!isInstalledByHand(root, lock.packages, system)) return undefined
    writeFileSync(stampFile(root), expected)
    return {}
  },

  async provide(place) {
    const { root, system } = place
    const lock = readPackageLock(root)
    const npm = await npmForNode24(place)
    // `--include=dev`: NODE_ENV=production would leave out what the tests need.
    const install = () => npm(['ci', '--include=dev', '--include=optional'], root)
    await step(system, 'Installing the dependencies from package-lock.json with npm', async () => {
      let outcome = await install()
      // An npm that outlived its killed set-up may still have been writing.
      if (outcome.output.includes('ENOTEMPTY')) outcome = await install()
      if (!outcome.ok) throw failureOf(outcome.output)
    })
    await prove(place, lock.packages)
    writeFileSync(stampFile(root), stampFor(lock.text, system))
    return {}
  },
}

/** npm leaves out an optional package that it cannot install, and still succeeds. */
async function prove(/** @type {import('./commands.mjs').Place} */ { root, system }, /** @type {Packages} */ packages) {
  const wanted = listWantedPackages(packages, system)
  const missing = listMissingPackages(root, wanted)
  if (missing.length > 0) throw new SetupError('SETUP_DEPENDENCIES_UNUSABLE', { reason: `npm left out ${missing}` })
  const modules = listNativeModules(root, packages, wanted)
  const options = { cwd: root, timeoutMs: SETUP_LIMITS_MS.load }
  const loaded = await system.run([chosenNode(root, system), '-e', LOAD, ...modules], options)
  if (!loaded.ok) throw new SetupError('SETUP_DEPENDENCIES_UNUSABLE', { reason: beginningOf(loaded.output) })
}

/** @param {string} output */
function failureOf(output) {
  const network = networkReasonIn(output)
  return network
    ? new SetupError('SETUP_REGISTRY_UNREACHABLE', { reason: network })
    : new SetupError('SETUP_DEPENDENCIES_FAILED', { reason: beginningOf(output) })
}

/**
 * The platform belongs to it: some dependencies are binaries.
 * @param {string} lock
 * @param {import('./system.mjs').System} system
 */
function stampFor(lock, { platform, arch, libc }) {
  return `${createHash('sha256').update(lock).digest('hex')} ${platform}-${arch}-${libc}\n`
}

/**
 * @typedef {import('./package-lock.mjs').Packages} Packages
 *
 * After `npm ci` by hand there is no stamp of ours, but npm's own record of what it put into node_modules.
 * @param {string} root
 * @param {Packages} packages
 * @param {import('./system.mjs').System} system
 */
function isInstalledByHand(root, packages, system) {
  const installed = readInstalled(root)
  return listWantedPackages(packages, system).every((path) => installed[path]?.version === packages[path]?.version)
}

/** @param {string} root @returns {Packages} */
function readInstalled(root) {
  try {
    return JSON.parse(readText(join(root, 'node_modules', '.package-lock.json'))).packages ?? {}
  } catch {
    return {}
  }
}

/** The launcher compares times, because it must not compute a hash. @param {string} root */
function keepNewerThanLock(root) {
  const lockMs = statSync(join(root, 'package-lock.json')).mtimeMs
  if (lockMs <= statSync(stampFile(root)).mtimeMs) return
  // Dates have whole milliseconds, and times of files parts of them.
  const now = new Date(Math.max(Date.now(), Math.ceil(lockMs)))
  utimesSync(stampFile(root), now, now)
}

/** @param {string} file */
function readText(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** Inside node_modules, so that it goes when they go. @param {string} root */
function stampFile(root) {
  return join(root, 'node_modules', '.radix-installed')
}
