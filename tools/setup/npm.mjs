// @ts-check
/** Runs the npm that is here, whatever its version from 9 on, with the Node that it was installed for. */
import { SetupError } from './errors.mjs'
import { findOnPath } from './system.mjs'

/**
 * @param {string[]} args
 * @param {string} folder npm's project: nothing outside it is read as one or changed
 * @param {import('./system.mjs').System} system
 * @returns {Promise<import('./system.mjs').Outcome>}
 */
export function npm(args, folder, system) {
  const quiet = ['--loglevel=error', '--no-audit', '--no-fund', '--no-update-notifier', '--no-progress']
  // The Node that npm runs on may be older than the dependencies want: they will not run on it.
  const options = [...quiet, '--engine-strict=false', '--global=false', '--prefix', folder]
  return system.run([...npmCommand(system), ...args, ...options], { cwd: folder })
}

/**
 * Under `npm start` npm says where it is. It is not run with Node 24: Debian's npm works with Debian's Node only.
 * @param {import('./system.mjs').System} system
 */
function npmCommand(system) {
  const { npm_execpath: script, npm_node_execpath: node } = system.env
  if (script?.endsWith('npm-cli.js')) return [node ?? system.nodePath, script]
  const [found] = findOnPath('npm', system)
  if (!found) throw new SetupError('SETUP_NPM_UNAVAILABLE')
  return [found]
}
