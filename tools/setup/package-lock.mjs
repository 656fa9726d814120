// @ts-check
/** What package-lock.json asks for on this platform, and which of it node_modules lacks. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SetupError } from './errors.mjs'

/**
 * @typedef {{ [name: string]: string }} Ranges
 * @typedef {object} LockEntry
 * @property {string} [version]
 * @property {string} [integrity]
 * @property {boolean} [optional]
 * @property {string[]} [os]
 * @property {string[]} [cpu]
 * @property {string[]} [libc]
 * @property {Ranges} [dependencies]
 * @property {Ranges} [devDependencies]
 * @property {Ranges} [optionalDependencies]
 * @property {Ranges} [peerDependencies]
 * @typedef {Record<string, LockEntry>} Packages by their folder, the clone's own package at ''
 */

/** @param {string} root @returns {{ text: string, packages: Packages }} */
export function readPackageLock(root) {
  try {
    const text = readFileSync(join(root, 'package-lock.json'), 'utf8')
    const { packages } = JSON.parse(text)
    if (!packages?.['']) throw new Error('it lists no packages')
    return { text, packages }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new SetupError('SETUP_LOCK_FILE_UNUSABLE', { clone: root, reason })
  }
}

/**
 * Follows the dependencies from the clone's own package. A package for another platform is left out together with what
 * only it depends on, as npm does.
 * @param {Packages} packages
 * @param {import('./system.mjs').System} system
 * @returns {string[]} folders, relative to the clone
 */
export function listWantedPackages(packages, system) {
  /** @type {Set<string>} */
  const wanted = new Set()
  const waiting = ['']
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const { dependencies, optionalDependencies, peerDependencies, devDependencies } = packages[path] ?? {}
    const names = { ...dependencies, ...optionalDependencies, ...peerDependencies, ...devDependencies }
    for (const name of Object.keys(names)) {
      const found = resolve(packages, path, name)
      if (!found || wanted.has(found) || isForAnotherPlatform(packages[found] ?? {}, system)) continue
      wanted.add(found)
      waiting.push(found)
    }
  }
  return [...wanted]
}

/**
 * @param {string} root
 * @param {string[]} wanted
 */
export function listMissingPackages(root, wanted) {
  return wanted.filter((path) => !existsSync(join(root, path, 'package.json')))
}

/**
 * The modules of machine code that Node loads: each is the main file of a package for this platform.
 * @param {string} root
 * @param {Packages} packages
 * @param {string[]} wanted
 * @returns {string[]} absolute paths
 */
export function listNativeModules(root, packages, wanted) {
  return wanted
    .filter((path) => packages[path]?.os)
    .map((path) => join(root, path, readMain(join(root, path))))
    .filter((file) => file.endsWith('.node'))
}

/** @param {string} folder @returns {string} */
function readMain(folder) {
  const { main } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return typeof main === 'string' ? main : ''
}

/** As Node looks for a package: in the folder's own node_modules, then in those above it. */
function resolve(/** @type {Packages} */ packages, /** @type {string} */ from, /** @type {string} */ name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`
    if (Object.hasOwn(packages, path)) return path
    if (folder === '') return undefined
  }
}

/** @param {LockEntry} entry @param {import('./system.mjs').System} system */
function isForAnotherPlatform({ optional, os, cpu, libc }, system) {
  const matches =
    (os?.includes(system.platform) ?? true) &&
    (cpu?.includes(system.arch) ?? true) &&
    (libc?.includes(system.libc) ?? true)
  return Boolean(optional && !matches)
}
