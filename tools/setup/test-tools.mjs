// @ts-check
/**
 * What only the tests need: moto, which answers to the AWS SDK as AWS does, with zizmor, which checks the workflows; and
 * a Chromium, in which the tests use the dashboard.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure, firstThatWorks, orExplain } from './errors.mjs'
import { debianCommand, findOnPath, hasAptGet, installDebianPackages, isExecutable } from './host.mjs'
import { waysToMakeVenv } from './python.mjs'

const MOTO_FOLDER = '.radix/moto'
const MOTO_STAMP = '.radix/moto/.radix-stamp'
/** `moto[server]` brings twice as much, for services that our tests do not call. */
const MOTO = ['moto[cognitoidp,ec2,ssm]==5.2.5', 'flask==3.1.3', 'flask-cors==6.0.5']
const REQUIREMENTS = [...MOTO, 'zizmor==1.32.0']
const CHROMIUM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const CHROME_OF_MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'

/** @type {import('./setup.mjs').Step} */
export const moto = {
  check({ root, env }) {
    if (env.RADIX_MOTO_SERVER) return {}
    try {
      const isCurrent = readFileSync(join(root, MOTO_STAMP), 'utf8') === stampFor(root)
      return isCurrent ? { RADIX_MOTO_SERVER: join(root, MOTO_FOLDER, 'bin', 'moto_server') } : undefined
    } catch {
      return undefined
    }
  },

  async provide(host) {
    const venv = {
      what: `Installing moto and zizmor into ${MOTO_FOLDER} (about 170 MB)`,
      folder: join(host.root, MOTO_FOLDER),
      oldestPython: '3.10',
      installs: [{ args: REQUIREMENTS }],
    }
    const installed = firstThatWorks(waysToMakeVenv(venv, host), host.say)
    const pip = `/tmp/moto/bin/pip install ${MOTO.map((each) => `'${each}'`).join(' ')}`
    await orExplain(installed, 'SETUP_MOTO_UNAVAILABLE', (reason) => ({
      title: 'moto could not be installed',
      why: `The tests against AWS need it, and Python 3.10 or newer.\n${reason}`,
      fix: [
        ...(hasAptGet(host) ? [`${debianCommand(['python3-venv'], host)}   # then repeat the command`] : []),
        `python3 -m venv /tmp/moto && ${pip} && RADIX_MOTO_SERVER=/tmp/moto/bin/moto_server npm test`,
      ],
    }))
    writeFileSync(join(host.root, MOTO_STAMP), stampFor(host.root))
  },
}

/** @type {import('./setup.mjs').Step} */
export const chromium = {
  check(host) {
    if (host.env.RADIX_CHROMIUM) return {}
    const found = CHROMIUM_NAMES.flatMap((name) => findOnPath(name, host))[0] ?? CHROME_OF_MAC
    return isExecutable(found) ? { RADIX_CHROMIUM: found } : undefined
  },

  async provide(host) {
    const installed = installDebianPackages(['chromium'], host).then(() => {
      if (!chromium.check(host)) throw new Failure('apt-get installed a package without the program')
    })
    await orExplain(installed, 'SETUP_CHROMIUM_UNAVAILABLE', (reason) => ({
      title: 'There is no Chromium',
      why: `The tests of the dashboard need one.\n${reason}`,
      fix: [debianCommand(['chromium'], host), 'RADIX_CHROMIUM=/path/to/chromium npm test   # or Chrome'],
    }))
  },
}

/** The clone's folder belongs to it: the programs of a virtual environment name their interpreter by its path. */
function stampFor(/** @type {string} */ root) {
  return `${REQUIREMENTS.join(' ')} ${root}\n`
}
