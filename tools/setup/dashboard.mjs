// @ts-check
/** The built dashboard in `dist/dashboard`, from where the control plane serves it. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { orExplain } from './errors.mjs'
import { LIMITS_MS } from './host.mjs'

/** What the dashboard may import (.dependency-cruiser.mjs), and the versions of its packages. */
const SOURCES = ['dashboard', 'src/workloads', 'src/contract', 'src/core', 'src/errors', 'package-lock.json']
/** Holds the digest of the sources. The build empties its folder first, so a stamp in it means a finished build. */
const STAMP = 'dist/dashboard/.stamp'

/** @type {import('./setup.mjs').Step} */
export const dashboard = {
  check({ root }) {
    const stamp = join(root, STAMP)
    return existsSync(stamp) && readFileSync(stamp, 'utf8') === digestSources(root) ? {} : undefined
  },

  async provide(host) {
    const digest = digestSources(host.root)
    const build = ['node', 'node_modules/vite/bin/vite.js', 'build', 'dashboard']
    host.say('Building the dashboard…')
    const built = host.run(build, { timeoutMs: LIMITS_MS.buildDashboard })
    await orExplain(built, 'SETUP_DASHBOARD_FAILED', (reason) => ({
      title: 'The dashboard could not be built',
      why: `\`vite build dashboard\` failed:\n${reason}`,
      fix: ['npm start   # again; if it stays, report it with the lines above'],
    }))
    writeFileSync(join(host.root, STAMP), digest)
  },
}

/** @param {string} root */
function digestSources(root) {
  const hash = createHash('sha256')
  for (const path of SOURCES.flatMap((source) => listFiles(join(root, source)))) {
    hash.update(path.slice(root.length)).update(readFileSync(path))
  }
  return hash.digest('hex')
}

/** @param {string} path @returns {string[]} */
function listFiles(path) {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path)
    .sort()
    .flatMap((name) => listFiles(join(path, name)))
}
