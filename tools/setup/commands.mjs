// @ts-check
/**
 * What each command needs before it can run. A need answers `check` at once and without side effects worth mentioning,
 * and `provide` installs what is missing. Add a need here and it is set up everywhere it is listed.
 */
import { chromium } from './chromium.mjs'
import { dashboard, dashboardIfPossible } from './dashboard.mjs'
import { dependencies } from './dependencies.mjs'
import { moto } from './moto.mjs'
import { node } from './node.mjs'
import { pytorch } from './pytorch.mjs'

/**
 * @typedef {object} Place
 * @property {string} root the folder of the clone
 * @property {import('./system.mjs').System} system
 */
/**
 * @typedef {Record<string, string>} Environment what a command finds the need by: variables to add to its environment
 * @typedef {object} Need
 * @property {(place: Place) => Environment | undefined} check undefined: missing. Must take milliseconds
 * @property {(place: Place) => Promise<Environment>} provide installs it, or throws a SetupError. Safe to repeat
 */

/** @type {Record<string, { needs: Need[], argv: string[] }>} */
export const COMMANDS = {
  start: { needs: [node, dependencies, dashboardIfPossible, pytorch], argv: ['node', 'src/cli/main.ts', 'start'] },
  test: { needs: [node, dependencies, dashboard, pytorch, moto, chromium], argv: ['node', 'tools/check.ts'] },
  build: { needs: [node, dependencies, dashboard], argv: ['node', 'tools/build-package.ts'] },
  /** Runs what the user names, in the user's own folder. */
  exec: { needs: [node, dependencies], argv: [] },
  /** The same for what shows the dashboard. */
  show: { needs: [node, dependencies, dashboardIfPossible], argv: [] },
}
