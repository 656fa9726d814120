// @ts-check
/**
 * Runs npm. The npm that is here fetches Node 24; that Node's npm does the rest. On an older Node npm leaves out the
 * optional packages that ask for a newer one: they are the native parts of the tools.
 */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { chosenNode, isNewEnough } from './chosen-node.mjs'
import { SetupError } from './errors.mjs'
import { SETUP_LIMITS_MS } from './limits.mjs'
import { networkReasonIn } from './reasons.mjs'
import { findOnPath, step } from './system.mjs'

const MAJOR = 11

/**
 * @typedef {import('./system.mjs').Outcome} Outcome
 * @typedef {(args: string[], folder: string) => Promise<Outcome>} Npm
 *   `folder` is npm's project: nothing outside it is read as one or changed
 */

/**
 * The npm that is here, whatever its version from 9 on, with the Node that it was installed for. Debian's npm works with
 * Debian's Node only.
 * @param {import('./system.mjs').System} system
 * @returns {Npm}
 */
export function systemNpm(system) {
  const { npm_execpath: script, npm_node_execpath: node } = system.env
  // Under `npm start` npm says where it is.
  if (script?.endsWith('npm-cli.js')) return npmAt([node ?? system.nodePath, script], system)
  const [found] = findOnPath('npm', system)
  if (!found) throw new SetupError('SETUP_NPM_UNAVAILABLE')
  return npmAt([found], system)
}

/**
 * @param {import('./commands.mjs').Place} place
 * @returns {Promise<Npm>}
 */
export async function npmForNode24({ root, system }) {
  if (isNewEnough(system.nodeVersion)) return systemNpm(system)
  const script = join(folderOf(root), 'bin', 'npm-cli.js')
  if (!existsSync(script)) {
    await step(system, `Installing npm ${MAJOR} from the npm registry (about 3 MB)`, () => install(root, system))
  }
  const node = chosenNode(root, system)
  return npmAt([node, script], system, { PATH: `${dirname(node)}:${system.env.PATH ?? ''}` })
}

/**
 * Installed aside and renamed into place: what is in `.radix/npm` is whole.
 * @param {string} root
 * @param {import('./system.mjs').System} system
 */
async function install(root, system) {
  const { ok, output, unpacked, discard } = await fetchPackage('npm', MAJOR, join(root, '.radix', 'npm'), system)
  if (!ok) {
    const network = networkReasonIn(output)
    if (network) throw new SetupError('SETUP_REGISTRY_UNREACHABLE', { reason: network })
    throw new SetupError('SETUP_DEPENDENCIES_FAILED', { reason: output })
  }
  rmSync(folderOf(root), { recursive: true, force: true })
  renameSync(unpacked, folderOf(root))
  discard()
}

/**
 * Puts one package beside the folder that it is meant for.
 * @param {string} name
 * @param {number} major
 * @param {string} folder
 * @param {import('./system.mjs').System} system
 */
export async function fetchPackage(name, major, folder, system) {
  const aside = `${folder}.partial`
  const discard = () => rmSync(aside, { recursive: true, force: true })
  discard()
  mkdirSync(aside, { recursive: true })
  // Without a package.json of its own, an old npm would look for the project further up.
  writeFileSync(join(aside, 'package.json'), '{}\n')
  const flags = ['--no-save', '--no-package-lock', '--ignore-scripts']
  const outcome = await systemNpm(system)(['install', `${name}@${major}`, ...flags], aside)
  return { ...outcome, unpacked: join(aside, 'node_modules', name), discard }
}

/**
 * A registry that cannot be reached is asked three times within seconds. npm's own patience is minutes.
 * @param {string[]} command
 * @param {import('./system.mjs').System} system
 * @param {Record<string, string>} [env]
 * @returns {Npm}
 */
function npmAt(command, system, env) {
  const quiet = ['--loglevel=error', '--no-audit', '--no-fund', '--no-update-notifier', '--no-progress']
  const patience = ['--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000']
  // The Node that npm runs on may be older than the dependencies want: they will not run on it.
  const scope = ['--fetch-timeout=60000', '--engine-strict=false', '--global=false', '--prefix']
  return (args, folder) =>
    system.run([...command, ...args, ...quiet, ...patience, ...scope, folder], {
      cwd: folder,
      timeoutMs: SETUP_LIMITS_MS.npmInstall,
      ...(env ? { env } : {}),
    })
}

/** @param {string} root */
function folderOf(root) {
  return join(root, '.radix', 'npm')
}
