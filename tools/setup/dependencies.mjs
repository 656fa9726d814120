// @ts-check
/** `node_modules` as package-lock.json says. npm's own record in node_modules tells what it has installed. */
import { existsSync, readFileSync, utimes } from 'node:fs'
import { join } from 'node:path'
import { orExplain, SetupError } from './errors.mjs'
import { npm } from './node.mjs'

const LOCK = 'package-lock.json'
const RECORD = 'node_modules/.package-lock.json'

/**
 * @typedef {object} Package
 * @property {string} [version]
 * @property {boolean} [optional]
 * @property {string[]} [os]
 * @property {string[]} [cpu]
 * @property {string[]} [libc]
 */

/** @type {import('./setup.mjs').Step} */
export const dependencies = {
  check(host) {
    // Nothing is wanted where package-lock.json cannot be read. npm says so then.
    if (listWanted(host).length === 0 || listMissing(host).length > 0) return undefined
    // The launcher asks the set-up when package-lock.json is newer than the record.
    utimes(join(host.root, RECORD), new Date(), new Date(), () => {})
    return {}
  },

  async provide(host) {
    // `--include=dev`: NODE_ENV=production would leave out what the tests need.
    const install = () => npm(['ci', '--include=dev', '--include=optional'], host.root, host)
    host.say('Installing the dependencies from package-lock.json with npm…')
    const installed = install().catch((error) => {
      // An npm that outlived its killed set-up may still be writing.
      if (!error.message.includes('ENOTEMPTY')) throw error
      return install()
    })
    await orExplain(installed, 'SETUP_DEPENDENCIES_FAILED', (reason) => ({
      title: 'The dependencies could not be installed',
      why: `\`npm ci\` failed:\n${reason}`,
      fix: [`git -C ${host.root} checkout package-lock.json package.json   # if they were changed by hand`, 'npm ping'],
    }))
    // npm leaves out an optional package that it cannot install, and still succeeds.
    const missing = listMissing(host)
    if (missing.length === 0) return
    throw new SetupError('SETUP_DEPENDENCIES_UNUSABLE', {
      title: 'npm installed the dependencies, but not all of them',
      why: `npm reported success, and left out ${missing.join(', ')}.`,
      fix: [
        'npm config get omit os cpu libc   # a setting of npm can leave packages out',
        'rm -rf node_modules .radix/node* && npm start   # install everything again',
      ],
    })
  },
}

/** @param {import('./host.mjs').Host} host @returns {string[]} folders, relative to the clone */
function listMissing(host) {
  const installed = readPackages(join(host.root, RECORD))
  return listWanted(host).flatMap(([path, { version }]) =>
    installed[path]?.version === version && existsSync(join(host.root, path, 'package.json')) ? [] : path,
  )
}

/**
 * Of the optional packages, those that name this platform. npm decides about the others.
 * @param {import('./host.mjs').Host} host
 */
function listWanted({ root, platform, arch, libc }) {
  return Object.entries(readPackages(join(root, LOCK))).filter(([path, each]) => {
    if (path === '' || !each.optional) return path !== ''
    const namesPlatform = Boolean(each.os || each.cpu)
    return namesPlatform && allows(each.os, platform) && allows(each.cpu, arch) && allows(each.libc, libc)
  })
}

/** @param {string[] | undefined} allowed @param {string} own */
function allows(allowed, own) {
  return !allowed || allowed.includes(own)
}

/** @param {string} file @returns {Record<string, Package>} by folder; none where it cannot be read */
function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? {}
  } catch {
    return {}
  }
}
