// @ts-check
/** One set-up at a time per clone. The lock is a folder that its owner touches all the time. */
import { mkdirSync, rmSync, statSync, utimes } from 'node:fs'
import { dirname, join } from 'node:path'
import { SetupError } from './errors.mjs'

const HEARTBEAT_MS = 500
const RETRY_MS = 250
/** Eight seconds without a heartbeat: the owner was killed, here or in another container that shares the clone. */
const SILENT_RETRIES = 8_000 / RETRY_MS

/**
 * @param {import('./host.mjs').Host} host
 * @param {() => Promise<void>} action
 */
export async function withSetupLock(host, action) {
  const lock = join(host.root, '.radix', 'setup.lock')
  await acquire(lock, host)
  const heartbeat = setInterval(() => utimes(lock, new Date(), new Date(), () => {}), HEARTBEAT_MS)
  const release = () => rmSync(lock, { recursive: true, force: true })
  process.once('exit', release)
  try {
    await action()
  } finally {
    clearInterval(heartbeat)
    process.removeListener('exit', release)
    release()
  }
}

/**
 * Counts how often the owner was seen silent instead of comparing times: clocks differ, and a laptop sleeps.
 * @param {string} lock
 * @param {import('./host.mjs').Host} host
 */
async function acquire(lock, host) {
  let lastTouchedMs = 0
  let silentRetries = 0
  while (!tryAcquire(lock, host.root)) {
    if (lastTouchedMs === 0) host.say('Waiting for another set-up of this clone…')
    const touchedMs = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 1
    silentRetries = touchedMs === lastTouchedMs ? silentRetries + 1 : 0
    lastTouchedMs = touchedMs
    if (silentRetries >= SILENT_RETRIES) rmSync(lock, { recursive: true, force: true })
    await host.wait(RETRY_MS)
  }
}

/** @param {string} lock @param {string} root */
function tryAcquire(lock, root) {
  try {
    mkdirSync(dirname(lock), { recursive: true })
    mkdirSync(lock)
    return true
  } catch (error) {
    const { code, path } = /** @type {NodeJS.ErrnoException} */ (error)
    if (code === 'EEXIST' && path === lock) return false
    throw new SetupError('SETUP_FOLDER_NOT_WRITABLE', {
      title: 'The set-up cannot write into its folder',
      why: `${dirname(lock)} could not be written: ${error}`,
      fix: [`sudo chown -R "$(id -un)" ${root}`],
    })
  }
}
