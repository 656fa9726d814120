/** A PostgreSQL that this system has installed, with its tools: what an operator backs up and restores with. */
import { execFileSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { findDatabaseUser } from '../../src/control-plane/store/database-user.ts'
import { silentLogger } from '../../src/core/logger.ts'

/** Debian's place: one folder for each version. */
const INSTALLED = '/usr/lib/postgresql'
const NEEDED = ['initdb', 'pg_ctl', 'psql', 'createdb', 'pg_dump', 'pg_restore']
const TOOL_TIMEOUT_MS = 60_000

export interface SystemPostgres {
  urlOf(database: string): string
  /** Runs one of its tools, as the owner of the databases, and answers with what it printed. */
  run(tool: string, ...argv: string[]): string
  close(): void
}

/** The folder of the newest that is complete; undefined where there is none. */
export function findSystemPostgres(): string | undefined {
  const versions = existsSync(INSTALLED) ? readdirSync(INSTALLED) : []
  return versions
    .sort((first, second) => Number(second) - Number(first))
    .map((version) => join(INSTALLED, version, 'bin'))
    .find((folder) => NEEDED.every((tool) => existsSync(join(folder, tool))))
}

/** `directory` must be one that other users may pass: under root it runs as the user of the embedded database. */
export async function startSystemPostgres(programs: string, directory: string): Promise<SystemPostgres> {
  const user = await findDatabaseUser(silentLogger)
  const data = join(directory, 'system-postgres')
  mkdirSync(data)
  if (user) chownSync(data, user.uid, user.gid)
  const asUser = { cwd: data, timeout: TOOL_TIMEOUT_MS, ...(user ? { uid: user.uid, gid: user.gid } : {}) }
  const start = (tool: string, ...argv: string[]) =>
    execFileSync(join(programs, tool), argv, { ...asUser, stdio: ['ignore', 'ignore', 'ignore'] })
  const cluster = join(data, 'cluster')
  start('initdb', '--pgdata', cluster, '--username', 'radix', '--auth', 'trust', '--encoding', 'UTF8', '--no-sync')
  const options = `-c listen_addresses='' -c unix_socket_directories=${data}`
  start('pg_ctl', 'start', '--wait', '--pgdata', cluster, '--log', join(data, 'log'), '--options', options)
  return {
    urlOf: (database) => `postgres://radix@localhost/${database}?host=${encodeURIComponent(data)}`,
    run: (tool, ...argv) =>
      execFileSync(join(programs, tool), ['--host', data, '--username', 'radix', ...argv], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: TOOL_TIMEOUT_MS,
      }),
    close: () => void start('pg_ctl', 'stop', '--wait', '--mode', 'fast', '--pgdata', cluster),
  }
}
