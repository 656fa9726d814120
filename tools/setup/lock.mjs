// @ts-check
/**
 * One set-up at a time per clone, by a lock directory. The directory is made elsewhere and renamed into place together
 * with its owner's name, so there is never a lock without an owner.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { SetupError } from './errors.mjs'

const HEARTBEAT_MS = 5_000
/** For an owner in another container or on another host, whose process cannot be looked up. */
const STALE_AFTER_MS = 60_000
const RETRY_MS = 250

/**
 * @template T
 * @param {string} folder
 * @param {import('./system.mjs').System} system
 * @param {() => Promise<T>} action
 * @returns {Promise<T>}
 */
export async function withSetupLock(folder, system, action) {
  const lock = join(folder, 'setup.lock')
  for (let attempt = 0; !tryAcquire(folder, lock); attempt++) {
    // Not at the first attempt, which may only have cleared away a stale lock.
    if (attempt === 1) system.say('Waiting for another set-up of this clone…')
    await system.wait(RETRY_MS)
  }
  const heartbeat = setInterval(() => touch(lock), HEARTBEAT_MS)
  const release = () => rmSync(lock, { recursive: true, force: true })
  process.once('exit', release)
  try {
    return await action()
  } finally {
    clearInterval(heartbeat)
    process.removeListener('exit', release)
    release()
  }
}

/** @param {string} folder @param {string} lock */
function tryAcquire(folder, lock) {
  const owner = `${process.pid} ${hostname()}`
  const prepared = join(folder, `setup.lock.${process.pid}`)
  try {
    mkdirSync(prepared, { recursive: true })
    writeFileSync(join(prepared, 'owner'), owner)
  } catch (error) {
    throw new SetupError('SETUP_FOLDER_NOT_WRITABLE', { folder, clone: dirname(folder), reason: String(error) })
  }
  try {
    renameSync(prepared, lock)
    return true
  } catch (error) {
    rmSync(prepared, { recursive: true, force: true })
    if (!['ENOTEMPTY', 'EEXIST'].includes(codeOf(error))) {
      throw new SetupError('SETUP_FOLDER_NOT_WRITABLE', { folder, clone: dirname(folder), reason: String(error) })
    }
    removeIfStale(lock)
    return false
  }
}

/** @param {string} lock */
function removeIfStale(lock) {
  const owner = ownerOf(lock)
  if (owner === undefined || !isStale(lock, owner)) return
  // Renamed to its owner's name before it is removed: of two that find it stale, one succeeds, and the other cannot
  // take away the lock that the first then acquires.
  const grave = `${lock}.stale.${owner.replace(/[^\w.-]/g, '-')}`
  try {
    renameSync(lock, grave)
  } catch {
    return
  }
  setTimeout(() => rmSync(grave, { recursive: true, force: true }), RETRY_MS)
}

/** @param {string} lock @param {string} owner */
function isStale(lock, owner) {
  const [pid, host] = owner.split(' ')
  // Our own pid is that of a predecessor: a restarted container counts its processes anew.
  if (host === hostname() && (Number(pid) === process.pid || !isAlive(Number(pid)))) return true
  const touchedMs = statSync(lock, { throwIfNoEntry: false })?.mtimeMs
  return touchedMs !== undefined && Date.now() - touchedMs > STALE_AFTER_MS
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

/** @param {string} lock @returns {string | undefined} `pid host` */
function ownerOf(lock) {
  try {
    return readFileSync(join(lock, 'owner'), 'utf8')
  } catch {
    return undefined
  }
}

/** @param {string} lock */
function touch(lock) {
  try {
    utimesSync(lock, new Date(), new Date())
  } catch {
    // Taken away by hand: the set-up goes on, as it would have.
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return /** @type {NodeJS.ErrnoException} */ (error).code ?? ''
}
