// @ts-check
/**
 * Sets up what a command needs, then runs the command: `node tools/setup/main.mjs <start|test|exec|show> [arguments…]`.
 * Runs before anything is installed, so nothing in this folder has a dependency, and all of it runs on Node 18.
 * This file and errors.mjs keep to syntax that still older versions can read: they must be able to say "too old".
 */
import { renderSetupError, SetupError } from './errors.mjs'

const OLDEST_NODE_FOR_SETUP = 18

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE_FOR_SETUP) {
  fail(new SetupError('SETUP_NODE_TOO_OLD', { version: process.versions.node, path: process.execPath }))
} else {
  import('./setup.mjs').then((setup) => setup.run(process.argv.slice(2))).catch(fail)
}

/** @param {unknown} error */
function fail(error) {
  if (!(error instanceof SetupError)) throw error
  process.stderr.write(`${renderSetupError(error)}\n`)
  process.exitCode = 1
}
