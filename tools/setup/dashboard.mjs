// @ts-check
/** The need for the built dashboard in `dist/dashboard`, from where the control plane serves it. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chosenNode } from './chosen-node.mjs'
import { renderSetupError, SetupError } from './errors.mjs'
import { SETUP_LIMITS_MS } from './limits.mjs'
import { beginningOf } from './reasons.mjs'
import { step } from './system.mjs'

/** What it is built from. */
const SOURCES = ['dashboard', 'src/contract', 'src/core', 'src/errors', 'package-lock.json']

/** @type {import('./commands.mjs').Need} */
export const dashboard = {
  check({ root }) {
    return existsSync(join(folder(root), 'index.html')) && readStamp(root) === stampFor(root) ? {} : undefined
  },

  async provide({ root, system }) {
    const stamp = stampFor(root)
    await step(system, 'Building the dashboard', async () => {
      const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js')
      const { ok, output } = await system.run([chosenNode(root, system), vite, 'build', 'dashboard'], {
        cwd: root,
        timeoutMs: SETUP_LIMITS_MS.buildDashboard,
      })
      if (!ok) throw new SetupError('SETUP_DASHBOARD_FAILED', { reason: beginningOf(output) })
    })
    writeFileSync(join(folder(root), '.stamp'), stamp)
    return {}
  },
}

/**
 * For a command that does more than show it: the command goes on without its pages.
 * @type {import('./commands.mjs').Need}
 */
export const dashboardIfPossible = {
  check: dashboard.check,
  async provide(place) {
    try {
      return await dashboard.provide(place)
    } catch (error) {
      if (!(error instanceof SetupError)) throw error
      place.system.say(renderSetupError(error))
      place.system.say('Going on without it: the control plane has no pages until it is built.')
      return {}
    }
  },
}

/** @param {string} root */
function stampFor(root) {
  const hash = createHash('sha256')
  for (const source of SOURCES) {
    for (const path of listFiles(root, source)) hash.update(`${path}\0`).update(readFileSync(join(root, path)))
  }
  return hash.digest('hex')
}

/** @param {string} root @param {string} path @returns {string[]} */
function listFiles(root, path) {
  if (path.includes('.')) return [path]
  return readdirSync(join(root, path), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? listFiles(root, `${path}/${entry.name}`) : [`${path}/${entry.name}`]))
}

/** @param {string} root */
function readStamp(root) {
  try {
    return readFileSync(join(folder(root), '.stamp'), 'utf8')
  } catch {
    return ''
  }
}

/** @param {string} root */
function folder(root) {
  return join(root, 'dist', 'dashboard')
}
