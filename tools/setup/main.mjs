// @ts-check
/**
 * Sets up what a command needs, then runs the command: `node tools/setup/main.mjs <start|test|build|exec|show> [arguments…]`.
 * Runs before anything is installed, so nothing in this folder has a dependency, and all of it runs on Node 18.
 * This file and errors.mjs keep to syntax that still older versions can read: they must be able to say "too old".
 */
import { SetupError } from './errors.mjs'

const OLDEST_NODE_FOR_SETUP = 18

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE_FOR_SETUP) {
  fail(
    new SetupError('SETUP_NODE_TOO_OLD', {
      title: 'This Node is too old even to set up a newer one',
      why: `${process.execPath} is Node ${process.versions.node}. The set-up needs Node 18 or newer, and fetches Node 24.`,
      fix: ['install Node 24 from https://nodejs.org/en/download, then repeat the command'],
    }),
  )
} else {
  import('./setup.mjs').then((setup) => setup.run(process.argv.slice(2))).catch(fail)
}

/** @param {unknown} error */
function fail(error) {
  if (!(error instanceof SetupError)) throw error
  process.stderr.write(`${error.text}\n`)
  process.exitCode = 1
}
