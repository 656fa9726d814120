// @ts-check
/** Installs packages of Debian and Ubuntu, as root alone: the set-up never runs sudo. */
import { SETUP_LIMITS_MS } from './limits.mjs'
import { findOnPath } from './system.mjs'

/** @param {import('./system.mjs').System} system */
export function hasAptGet(system) {
  return findOnPath('apt-get', system).length > 0
}

/**
 * @param {string[]} packages
 * @param {import('./commands.mjs').Place} place
 * @returns {Promise<string | undefined>} undefined, or the output of what failed
 */
export async function installDebianPackages(packages, { root, system }) {
  const options = { cwd: root, env: { DEBIAN_FRONTEND: 'noninteractive' }, timeoutMs: SETUP_LIMITS_MS.aptGet }
  const patience = ['-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=2']
  const updated = await system.run(['apt-get', ...patience, 'update'], options)
  const arguments_ = ['install', '-y', '--no-install-recommends', ...packages]
  const installed = await system.run(['apt-get', ...patience, ...arguments_], options)
  // A failed update, of one source of many perhaps, is of interest only where the packages then cannot be had.
  return installed.ok ? undefined : `${updated.ok ? '' : updated.output}\n${installed.output}`
}
