// @ts-check
/** The need for `node_modules` as package-lock.json says. */
import { createHash } from 'node:crypto'
import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SetupError } from './errors.mjs'
import { npm } from './npm.mjs'
import { step } from './system.mjs'

/** @type {import('./commands.mjs').Need} */
export const dependencies = {
  check({ root, system }) {
    const expected = stampFor(root, system)
    if (readText(stampFile(root)) === expected) {
      keepNewerThanLock(root)
      return {}
    }
    if (!isInstalledByHand(root, system)) return undefined
    writeFileSync(stampFile(root), expected)
    return {}
  },

  async provide({ root, system }) {
    await step(system, 'Installing the dependencies from package-lock.json with npm', async () => {
      let outcome = await installAll(root, system)
      // An npm that outlived its killed set-up may still have been writing.
      if (outcome.output.includes('ENOTEMPTY')) outcome = await installAll(root, system)
      if (!outcome.ok) throw new SetupError('SETUP_DEPENDENCIES_FAILED', { reason: beginningOf(outcome.output) })
    })
    writeFileSync(stampFile(root), stampFor(root, system))
    return {}
  },
}

/** `--include=dev`: NODE_ENV=production would leave out what the tests need. */
function installAll(/** @type {string} */ root, /** @type {import('./system.mjs').System} */ system) {
  return npm(['ci', '--include=dev', '--include=optional'], root, system)
}

/**
 * The platform belongs to it: some dependencies are binaries.
 * @param {string} root
 * @param {import('./system.mjs').System} system
 */
function stampFor(root, { platform, arch }) {
  const lock = createHash('sha256')
    .update(readFileSync(lockFile(root)))
    .digest('hex')
  return `${lock} ${platform}-${arch}\n`
}

/**
 * After `npm install` by hand there is no stamp of ours, but npm's own record of what it put into node_modules.
 * @param {string} root
 * @param {import('./system.mjs').System} system
 */
function isInstalledByHand(root, system) {
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'))
  const wanted = readPackages(lockFile(root))
  if (!installed || !wanted) return false
  return Object.entries(wanted).every(([path, entry]) => {
    const found = installed[path]
    return path === '' || (found ? found.version === entry.version : isForAnotherPlatform(entry, system))
  })
}

/**
 * @typedef {{ version?: string, optional?: boolean, os?: string[], cpu?: string[], libc?: string[] }} LockEntry
 * @param {LockEntry} entry
 * @param {import('./system.mjs').System} system
 */
function isForAnotherPlatform({ optional, os, cpu, libc }, { platform, arch }) {
  const matches = (os?.includes(platform) ?? true) && (cpu?.includes(arch) ?? true)
  return Boolean(optional && (!matches || libc))
}

/** @param {string} file @returns {Record<string, LockEntry> | undefined} */
function readPackages(file) {
  try {
    return JSON.parse(readText(file)).packages
  } catch {
    return undefined
  }
}

/** npm names the reason first, and may go on with a page of help. @param {string} output */
function beginningOf(output) {
  const lines = output.split('\n')
  return lines.length > 16 ? [...lines.slice(0, 15), '…', lines.at(-1)].join('\n') : output
}

/** The launcher compares times, because it must not compute a hash. @param {string} root */
function keepNewerThanLock(root) {
  if (statSync(lockFile(root)).mtimeMs <= statSync(stampFile(root)).mtimeMs) return
  utimesSync(stampFile(root), new Date(), new Date())
}

/** @param {string} file */
function readText(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** @param {string} root */
function lockFile(root) {
  return join(root, 'package-lock.json')
}

/** Inside node_modules, so that it goes when they go. @param {string} root */
function stampFile(root) {
  return join(root, 'node_modules', '.radix-lock-hash')
}
