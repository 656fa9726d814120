// @ts-check
/**
 * The need for a Chromium, in which the tests use the dashboard. Without one they are skipped, and say so; in CI (where CI
 * is set) they have to run.
 */
import { hasAptGet, installDebianPackages } from './apt-get.mjs'
import { renderSetupError, SetupError } from './errors.mjs'
import { findOnPath, isExecutable, step } from './system.mjs'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const MAC_PROGRAM = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'

/** @type {import('./commands.mjs').Need} */
export const chromium = {
  check({ system }) {
    const requested = system.env.RADIX_CHROMIUM || undefined
    const found = requested ?? NAMES.flatMap((name) => findOnPath(name, system))[0] ?? MAC_PROGRAM
    return isExecutable(found) ? { RADIX_CHROMIUM: found } : undefined
  },

  async provide(place) {
    const { system } = place
    if (system.isRoot && hasAptGet(system) && !system.env.RADIX_CHROMIUM) {
      await step(system, 'Installing chromium with apt-get (about 300 MB)', () =>
        installDebianPackages(['chromium'], place),
      )
      const found = chromium.check(place)
      if (found) return found
    }
    const error = new SetupError('SETUP_CHROMIUM_UNAVAILABLE', { sudo: system.isRoot ? '' : 'sudo ' })
    if (system.env.CI) throw error
    system.say(renderSetupError(error))
    system.say('Going on without it: the tests of the dashboard will be SKIPPED.')
    return {}
  },
}
