/** Migrates a database: Kysely applies missing migrations in one transaction, under a lock that replicas share. */
import { sql } from 'kysely'
import {
  type Migration as KyselyMigration,
  type MigrationProvider,
  type MigrationResultSet,
  Migrator,
} from 'kysely/migration'
import { RadixError } from '../../errors/radix-error.ts'
import type { Database } from './database.ts'
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
import * as rates from './migrations/0014-rates.ts'
import * as budgets from './migrations/0015-budgets.ts'
import * as roles from './migrations/0016-roles.ts'
import * as audit from './migrations/0017-audit.ts'
import * as webhooks from './migrations/0018-webhooks.ts'

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
  rates,
  budgets,
  roles,
  audit,
  webhooks,
]

const TABLE = 'radix_migrations'

/** The lock of the runner that Radix had before Kysely's; a server of that version may be starting beside this one. */
const EARLIER_LOCK_ID = 7_240_151_203

/** Applies missing migrations, and returns their names. Throws `DATABASE_MIGRATION_FAILED` after applying none. */
export async function migrate(db: Database, migrations = MIGRATIONS): Promise<string[]> {
  const { error, results } = await applyMissing(db, migrations)
  if (error === undefined) return results?.map(({ migrationName }) => migrationName) ?? []
  const later = await findLaterMigration(db, migrations).catch(() => undefined)
  const broken = results?.find(({ status }) => status === 'Error')?.migrationName
  throw later ?? failed(broken ?? 'bookkeeping', error)
}

async function applyMissing(db: Database, migrations: readonly Migration[]): Promise<MigrationResultSet> {
  try {
    const migrationTableSchema = await prepareTable(db)
    const migrator = new Migrator({
      db,
      provider: providerOf(migrations),
      migrationTableName: TABLE,
      migrationLockTableName: 'radix_migration_lock',
      migrationTableSchema,
    })
    return await migrator.migrateToLatest()
  } catch (error) {
    return { error }
  }
}

function providerOf(migrations: readonly Migration[]): MigrationProvider {
  const entries = migrations.map((migration): [string, KyselyMigration] => [
    migration.name,
    { up: async (db) => void (await sql.raw(migration.sql).execute(db)) },
  ])
  return { getMigrations: async () => Object.fromEntries(entries) }
}

/**
 * Gives the table of applied migrations the columns that Kysely reads; answers with its schema. Earlier servers made the table
 * with `applied_at` alone, and still write only the name: hence the default. Times that are equal are ordered by name.
 */
async function prepareTable(db: Database): Promise<string> {
  return db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(${EARLIER_LOCK_ID})`.execute(trx)
    await sql`create table if not exists ${sql.table(TABLE)} (name text primary key)`.execute(trx)
    await sql`alter table ${sql.table(TABLE)} add column if not exists timestamp text not null
      default to_char(now() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`.execute(trx)
    const { rows } = await sql<{ schema: string }>`select current_schema() as schema`.execute(trx)
    return rows[0]?.schema ?? 'public'
  })
}

/** A database that a later version of Radix has migrated is not changed. */
async function findLaterMigration(db: Database, migrations: readonly Migration[]): Promise<RadixError | undefined> {
  const known = migrations.map(({ name }) => name)
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(TABLE)} order by name`.execute(db)
  const later = rows.find(({ name }) => !known.includes(name))
  return later && failed(later.name, new Error('it was applied by a later version of Radix'))
}

function failed(migration: string, error: unknown): RadixError {
  const reason = error instanceof Error ? error.message : String(error)
  return new RadixError('DATABASE_MIGRATION_FAILED', { migration, reason }, { cause: error })
}
