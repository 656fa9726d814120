/** Brings a database up to date: numbered migrations, each in a transaction, under a lock that replicas share. */
import { type Kysely, sql } from 'kysely'
import { RadixError } from '../../errors/radix-error.ts'
import type { Connection, Database } from './database.ts'
import * as initial from './migrations/0001-initial.ts'
import * as telemetry from './migrations/0002-telemetry.ts'
import * as runTokens from './migrations/0003-run-tokens.ts'
import * as baselines from './migrations/0004-baselines.ts'
import * as sessions from './migrations/0005-sessions.ts'
import * as benchmarkRequests from './migrations/0006-benchmark-requests.ts'
import * as measurements from './migrations/0007-measurements.ts'
import * as signIns from './migrations/0008-sign-ins.ts'
import * as runJournals from './migrations/0009-run-journals.ts'
import * as deadlines from './migrations/0010-deadlines.ts'
import * as repeatableExchange from './migrations/0011-repeatable-exchange.ts'
import * as changedEvidence from './migrations/0012-changed-evidence.ts'
import * as oneSummary from './migrations/0013-one-summary.ts'

export interface Migration {
  name: string
  sql: string
}

export const MIGRATIONS: readonly Migration[] = [
  initial,
  telemetry,
  runTokens,
  baselines,
  sessions,
  benchmarkRequests,
  measurements,
  signIns,
  runJournals,
  deadlines,
  repeatableExchange,
  changedEvidence,
  oneSummary,
]

/** Any number that no other program uses for `pg_advisory_xact_lock` on this database. */
const LOCK_ID = 7_240_151_203

/** Applies what is missing; answers with the names applied. Throws `DATABASE_MIGRATION_FAILED`, having changed nothing of that migration. */
export async function migrate(db: Database, migrations = MIGRATIONS): Promise<string[]> {
  const applied: string[] = []
  await sql`create table if not exists radix_migrations (
    name text primary key, applied_at timestamptz not null default now())`
    .execute(db)
    // Two replicas that start at once: the one that loses the race finds the table.
    .catch((error) => ifTableExists(db, error))
  for (const migration of migrations) {
    try {
      if (await applyOnce(db, migration, migrations)) applied.push(migration.name)
    } catch (error) {
      throw error instanceof RadixError ? error : failed(migration.name, error)
    }
  }
  return applied
}

async function applyOnce(db: Database, migration: Migration, known: readonly Migration[]): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(${LOCK_ID})`.execute(trx)
    await refuseNewerDatabase(trx, known)
    const inserted = await sql`insert into radix_migrations (name) values (${migration.name})
      on conflict do nothing returning name`.execute(trx)
    if (inserted.rows.length === 0) return false
    await sql.raw(migration.sql).execute(trx)
    return true
  })
}

/** A database that a later Radix has changed is left alone. */
async function refuseNewerDatabase(db: Connection, migrations: readonly Migration[]): Promise<void> {
  const known = migrations.map(({ name }) => name)
  const { rows } = await sql<{ name: string }>`select name from radix_migrations order by name`.execute(db)
  const unknown = rows.find(({ name }) => !known.includes(name))
  if (unknown) throw failed(unknown.name, new Error('it was applied by a later version of Radix'))
}

async function ifTableExists(db: Kysely<never> | Database, error: unknown): Promise<void> {
  const { rows } = await sql<{ found: boolean }>`select to_regclass('radix_migrations') is not null as found`.execute(
    db,
  )
  if (!rows[0]?.found) throw error
}

function failed(migration: string, error: unknown): RadixError {
  const reason = error instanceof Error ? error.message : String(error)
  return new RadixError('DATABASE_MIGRATION_FAILED', { migration, reason }, { cause: error })
}
