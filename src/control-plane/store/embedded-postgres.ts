/**
 * A real PostgreSQL in the data directory, for machines without one. It starts with the server, is monitored, restarts
 * after an unexpected end, and stops with the server. Durable (fsync on), and reachable only through a Unix socket in a
 * private folder.
 */

import type { ChildProcess } from 'node:child_process'
import { open, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { INTERVALS } from '../../core/limits/intervals.ts'
import type { Logger } from '../../core/logger.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { findDatabaseUser } from './database-user.ts'
import { stopOrphan } from './orphaned-postgres.ts'
import { findPostgresBinaries } from './postgres-binaries.ts'
import { preparePrivateDirectory, socketDirectoryOf } from './postgres-folders.ts'
import { type Keeper, keepPostgres } from './postgres-keeper.ts'
import { createDatabase, endPostgres, howItEnded, type PostgresOptions, startPostgres } from './postgres-process.ts'

export interface EmbeddedPostgres {
  connection: pg.ClientConfig
  displayName: string
  /** Resolves with the reason once it has ended by itself and cannot be started again. */
  lost: Promise<unknown>
  close(): Promise<void>
}

const DATABASE_ROLE = 'radix'
const RESTART_PAUSE_MS = INTERVALS.databaseRestart.value

/** Starts it, making the database on first use. Throws `DATABASE_START_FAILED`, `DISK_FULL` or `DATA_DIRECTORY_UNUSABLE`. */
export async function startEmbeddedPostgres(dataDir: string, logger: Logger): Promise<EmbeddedPostgres> {
  const user = await findDatabaseUser(logger)
  const directory = join(dataDir, 'postgres')
  const socketDirectory = socketDirectoryOf(dataDir)
  await preparePrivateDirectory(directory, user)
  await preparePrivateDirectory(socketDirectory, user)
  const binaries = await findPostgresBinaries(dataDir, user !== undefined)
  const logPath = join(dataDir, 'postgres.log')
  const options = { program: binaries.postgres, directory, socketDirectory, logPath, user }
  await stopOrphan(directory, socketDirectory, logger)
  if (!(await isInitialised(directory))) await initialise(binaries.initdb, options)
  const database = new WatchedPostgres(options, logger)
  await database.start()
  return {
    connection: embeddedConnectionOf(dataDir),
    displayName: `the embedded database in ${directory}`,
    lost: database.lost,
    async close() {
      await database.stop()
      await rm(socketDirectory, { recursive: true, force: true })
    },
  }
}

/** How the database of this data directory is reached while it runs. */
export function embeddedConnectionOf(dataDir: string): pg.ClientConfig {
  return { host: socketDirectoryOf(dataDir), user: DATABASE_ROLE, database: 'postgres' }
}

/** The database's process, replaced by a new one whenever it ends by itself. */
class WatchedPostgres {
  readonly lost: Promise<unknown>
  readonly #options: PostgresOptions
  readonly #logger: Logger
  #giveUp: (reason: unknown) => void = () => {}
  #running: { child: ChildProcess; keeper: Keeper; sinceMs: number } | undefined
  #restarting: Promise<void> | undefined
  #restartsInARow = 0
  #isStopping = false

  constructor(options: PostgresOptions, logger: Logger) {
    this.#options = options
    this.#logger = logger
    this.lost = new Promise((resolve) => {
      this.#giveUp = resolve
    })
  }

  async start(): Promise<void> {
    const { child, keeper } = await this.#startKept()
    this.#running = { child, keeper, sinceMs: performance.now() }
    const onExit = () => {
      if (!this.#isStopping) this.#restarting = this.#restart(child)
    }
    if (child.exitCode !== null || child.signalCode !== null) onExit()
    else child.once('exit', onExit)
  }

  /** Kept from its first moment: the server may be killed while the database starts. */
  async #startKept(): Promise<{ child: ChildProcess; keeper: Keeper }> {
    const { directory, user } = this.#options
    const kept: { keeper?: Keeper } = {}
    try {
      const child = await startPostgres(this.#options, (started) => {
        kept.keeper = keepPostgres(started, directory, user)
      })
      return { child, keeper: kept.keeper ?? keepPostgres(child, directory, user) }
    } catch (error) {
      await kept.keeper?.dismiss()
      throw error
    }
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#restarting
    if (!this.#running) return
    await endPostgres(this.#running.child)
    await this.#running.keeper.dismiss()
  }

  async #restart(ended: ChildProcess): Promise<void> {
    this.#logger.error({ ended: howItEnded(ended) }, 'the embedded database stopped unexpectedly; restarting it')
    const { directory, socketDirectory } = this.#options
    const servedMs = performance.now() - (this.#running?.sinceMs ?? 0)
    if (servedMs > CONTROL_PLANE_LIMITS.steadyService.value) this.#restartsInARow = 0
    await this.#running?.keeper.dismiss()
    this.#running = undefined
    let reason: unknown = new Error(`it repeatedly ended with ${howItEnded(ended)}`)
    while (!this.#isStopping && this.#restartsInARow++ < CONTROL_PLANE_LIMITS.databaseRestarts.value) {
      try {
        await stopOrphan(directory, socketDirectory, this.#logger)
        return await this.start()
      } catch (error) {
        this.#logger.error({ err: error }, 'the embedded database could not be restarted')
        reason = error
        await new Promise((resolve) => setTimeout(resolve, RESTART_PAUSE_MS))
      }
    }
    if (this.#isStopping) return
    const words = reason instanceof Error ? reason.message : String(reason)
    const failure = new RadixError(
      'DATABASE_START_FAILED',
      { reason: words, log_path: `${directory}.log` },
      { cause: reason },
    )
    this.#giveUp(reason instanceof RadixError ? reason : failure)
  }
}

async function isInitialised(directory: string): Promise<boolean> {
  // Made last of all; a half-made folder is removed by `initialise`.
  return stat(join(directory, 'radix-initialised')).then(
    () => true,
    () => false,
  )
}

async function initialise(initdb: string, options: PostgresOptions): Promise<void> {
  const { directory, user } = options
  await rm(directory, { recursive: true, force: true })
  await preparePrivateDirectory(directory, user)
  const identity = ['-U', DATABASE_ROLE, '--auth=trust']
  await createDatabase(
    initdb,
    ['-D', directory, ...identity, '--encoding=UTF8', '--locale=C', '--no-instructions'],
    options,
  )
  const marker = await open(join(directory, 'radix-initialised'), 'w')
  await marker.sync()
  await marker.close()
}
