/**
 * A real PostgreSQL in the data directory, for machines without one: started with the server, stopped with it, reached
 * through a Unix socket in a private folder and through nothing else. Durable (fsync on). If the server dies, the
 * database it left is stopped by the next start.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, chown, mkdir, open, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, parse } from 'node:path'
import type pg from 'pg'
import type { Logger } from '../../core/logger.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { type DatabaseUser, findDatabaseUser } from './database-user.ts'
import { readPidFile, stopOrphan } from './orphaned-postgres.ts'
import { findPostgresBinaries, type PostgresBinaries } from './postgres-binaries.ts'

export interface EmbeddedPostgres {
  connection: pg.ClientConfig
  displayName: string
  close(): Promise<void>
}

const DATABASE_ROLE = 'radix'
const START_TIMEOUT_MS = 30_000
const STOP_TIMEOUT_MS = 15_000

/** Starts it, making the database on first use. Throws `DATABASE_START_FAILED` or `DATA_DIRECTORY_UNUSABLE`. */
export async function startEmbeddedPostgres(dataDir: string, logger: Logger): Promise<EmbeddedPostgres> {
  const user = await findDatabaseUser(logger)
  const directory = join(dataDir, 'postgres')
  const logPath = join(dataDir, 'postgres.log')
  const socketDirectory = socketDirectoryOf(dataDir)
  await preparePrivateDirectory(directory, user)
  await preparePrivateDirectory(socketDirectory, user)
  const binaries = await findPostgresBinaries(dataDir, user !== undefined)
  await stopOrphan(directory, socketDirectory, logger)
  if (!(await isInitialised(directory))) await initialise(binaries, directory, logPath, user)
  const child = await startServer({ binaries, directory, socketDirectory, logPath, user })
  return {
    connection: embeddedConnectionOf(dataDir),
    displayName: `the embedded database in ${directory}`,
    async close() {
      await stop(child)
      await rm(socketDirectory, { recursive: true, force: true })
    },
  }
}

/** How the database of this data directory is reached while it runs. */
export function embeddedConnectionOf(dataDir: string): pg.ClientConfig {
  return { host: socketDirectoryOf(dataDir), user: DATABASE_ROLE, database: 'postgres' }
}

/** A path that is short enough for a socket's name (about 100 bytes), the same for the same data directory. */
function socketDirectoryOf(dataDir: string): string {
  return join(tmpdir(), `radix-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`)
}

/** A folder of mode 0700 that the database's user owns and can reach. */
async function preparePrivateDirectory(path: string, user: DatabaseUser | undefined): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
    const owner = user?.uid ?? process.getuid?.()
    if (user) await chown(path, user.uid, user.gid)
    const found = await stat(path)
    // In a folder that anybody may write to, somebody else could have made it first.
    if (owner !== undefined && found.uid !== owner) throw new Error(`it belongs to user ${found.uid}, not to ${owner}`)
    await chmod(path, 0o700)
    if (user) await requirePassage(dirname(path), user)
  } catch (error) {
    if (error instanceof RadixError) throw error
    throw unusable(path, error instanceof Error ? error.message : String(error), error)
  }
}

async function requirePassage(path: string, user: DatabaseUser): Promise<void> {
  for (let at = path; at !== parse(at).root; at = dirname(at)) {
    const { mode, uid } = await stat(at)
    if (uid !== user.uid && (mode & 0o001) === 0) {
      throw unusable(at, `the database runs as user ${user.name}, who may not pass through it (chmod o+x ${at})`)
    }
  }
}

function unusable(directory: string, reason: string, cause?: unknown): RadixError {
  return new RadixError('DATA_DIRECTORY_UNUSABLE', { directory, reason }, { cause })
}

async function isInitialised(directory: string): Promise<boolean> {
  // initdb writes this file last but for the system catalogs; a half-made folder is removed by `initialise`.
  return stat(join(directory, 'radix-initialised')).then(
    () => true,
    () => false,
  )
}

async function initialise(
  binaries: PostgresBinaries,
  directory: string,
  logPath: string,
  user: DatabaseUser | undefined,
): Promise<void> {
  await rm(directory, { recursive: true, force: true })
  await preparePrivateDirectory(directory, user)
  const argv = [
    '-D',
    directory,
    '-U',
    DATABASE_ROLE,
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C',
    '--no-instructions',
  ]
  const child = await spawnLogged(binaries.initdb, argv, logPath, user)
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve))
  if (exitCode !== 0) throw await startFailed(`initdb ended with exit code ${exitCode}`, logPath)
  const marker = await open(join(directory, 'radix-initialised'), 'w')
  await marker.sync()
  await marker.close()
}

interface StartOptions {
  binaries: PostgresBinaries
  directory: string
  socketDirectory: string
  logPath: string
  user: DatabaseUser | undefined
}

async function startServer(options: StartOptions): Promise<ChildProcess> {
  const { binaries, directory, socketDirectory, logPath, user } = options
  const settings = {
    listen_addresses: '',
    unix_socket_directories: socketDirectory,
    unix_socket_permissions: '0700',
    max_connections: '50',
    shared_buffers: '64MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
  }
  const argv = ['-D', directory, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  const child = await spawnLogged(binaries.postgres, argv, logPath, user)
  await waitUntilReady(child, directory, logPath)
  return child
}

/** PostgreSQL writes `ready` into the eighth line of its pid file once it takes connections. */
async function waitUntilReady(child: ChildProcess, directory: string, logPath: string): Promise<void> {
  const deadlineMs = Date.now() + START_TIMEOUT_MS
  while (child.exitCode === null && child.signalCode === null) {
    const lines = await readPidFile(directory)
    if (Number(lines[0]) === child.pid && lines[7]?.trim() === 'ready') return
    if (Date.now() > deadlineMs) {
      child.kill('SIGKILL')
      throw await startFailed('it was not ready within 30 s', logPath)
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw await startFailed(`it ended with ${child.signalCode ?? `exit code ${child.exitCode}`}`, logPath)
}

/** SIGINT is PostgreSQL's fast shutdown: sessions end, everything is written. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const closed = new Promise((resolve) => child.once('close', resolve))
  child.kill('SIGINT')
  const timer = setTimeout(() => child.kill('SIGQUIT'), STOP_TIMEOUT_MS)
  await closed
  clearTimeout(timer)
}

async function spawnLogged(
  command: string,
  argv: string[],
  logPath: string,
  user: DatabaseUser | undefined,
): Promise<ChildProcess> {
  const log = await open(logPath, 'a', 0o600)
  try {
    const child = spawn(command, argv, {
      stdio: ['ignore', log.fd, log.fd],
      cwd: parse(command).root,
      env: { LC_ALL: 'C', PATH: process.env.PATH },
      // Ctrl-C in a terminal reaches the server, which stops the database itself.
      detached: true,
      ...(user ? { uid: user.uid, gid: user.gid } : {}),
    })
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
    return child
  } catch (error) {
    throw new RadixError(
      'DATABASE_START_FAILED',
      { reason: `${command}: ${error}`, log_path: logPath },
      { cause: error },
    )
  } finally {
    await log.close()
  }
}

async function startFailed(what: string, logPath: string): Promise<RadixError> {
  const lines = (await readFile(logPath, 'utf8').catch(() => '')).trimEnd().split('\n')
  const telling = lines.findLast((line) => /FATAL|PANIC|error:/.test(line)) ?? lines.at(-1) ?? ''
  if (/No space left on device/.test(telling)) return new RadixError('DISK_FULL', { path: dirname(logPath) })
  return new RadixError('DATABASE_START_FAILED', { reason: `PostgreSQL: ${what}. ${telling}`, log_path: logPath })
}
