import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { silentLogger } from '../../core/logger.ts'
import { refusalOf } from '../testing/requests.ts'
import { newDataDirectory, removeDataDirectory } from '../testing/test-server.ts'
import { type Database, type OpenDatabase, openDatabase } from './database.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { MIGRATIONS, type Migration, migrate } from './migrate.ts'

let dataDir: string
let postgres: EmbeddedPostgres
let databases = 0
const opened: OpenDatabase[] = []

beforeAll(async () => {
  dataDir = await newDataDirectory()
  postgres = await startEmbeddedPostgres(dataDir, silentLogger)
})
// The server accepts 50 connections.
afterEach(async () => {
  for (const { close } of opened.splice(0)) await close()
})
afterAll(async () => {
  await postgres.close()
  await removeDataDirectory(dataDir)
})

const ALL = MIGRATIONS.map(({ name }) => name)

/** What the runner before Kysely recorded for each migration. */
async function migrateAsBefore(db: Database, migrations: readonly Migration[]): Promise<void> {
  await sql`create table if not exists radix_migrations (
    name text primary key, applied_at timestamptz not null default now())`.execute(db)
  for (const migration of migrations) {
    await sql`insert into radix_migrations (name) values (${migration.name})`.execute(db)
    await sql.raw(migration.sql).execute(db)
  }
}

async function namesIn(db: Database): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from radix_migrations order by name`.execute(db)
  return rows.map(({ name }) => name)
}

async function open(name: string): Promise<OpenDatabase> {
  const database = await openDatabase({ connection: { ...postgres.connection, database: name }, displayName: name })
  opened.push(database)
  return database
}

async function newDatabase() {
  const name = `migrate_${++databases}`
  const { db } = await open('postgres')
  await sql.raw(`create database ${name}`).execute(db)
  return { name, db: (await open(name)).db }
}

it('applies everything to an empty database, and nothing the second time', async () => {
  const { db } = await newDatabase()
  expect(await migrate(db)).toEqual(ALL)
  expect(await migrate(db)).toEqual([])
})

it('keeps the rows of a database that it updates', async () => {
  const { db } = await newDatabase()
  await migrate(db, MIGRATIONS.slice(0, 1))
  await sql`insert into clusters (cluster_id, tenant_id, name, type) values ('cl_1', 't', 'a', 'local')`.execute(db)
  expect(await migrate(db)).toEqual(ALL.slice(1))
  expect(await db.selectFrom('clusters').select('cluster_id').execute()).toEqual([{ cluster_id: 'cl_1' }])
})

it.each(ALL.map((name, index) => ({ name, count: index + 1 })))(
  'takes over a database that an earlier server left at $name',
  async ({ count }) => {
    const { db } = await newDatabase()
    await migrateAsBefore(db, MIGRATIONS.slice(0, count))
    await sql`insert into clusters (cluster_id, tenant_id, name, type) values ('cl_1', 't', 'a', 'local')`.execute(db)
    expect(await migrate(db)).toEqual(ALL.slice(count))
    expect(await migrate(db)).toEqual([])
    expect(await namesIn(db)).toEqual(ALL)
    expect(await db.selectFrom('clusters').select('cluster_id').execute()).toEqual([{ cluster_id: 'cl_1' }])
  },
)

it('takes over a database whose clock was set back between two migrations', async () => {
  const { db } = await newDatabase()
  await migrateAsBefore(db, MIGRATIONS.slice(0, 3))
  await sql`update radix_migrations set applied_at = '2020-01-01' where name = ${ALL[2]}`.execute(db)
  expect(await migrate(db)).toEqual(ALL.slice(3))
})

it('lets an earlier server see the applied migrations, and record more', async () => {
  const { db } = await newDatabase()
  await migrate(db, MIGRATIONS.slice(0, -1))
  await migrateAsBefore(db, MIGRATIONS.slice(-1))
  expect(await migrate(db)).toEqual([])
})

it('uses only its own schema of a database that it shares with another Radix', async () => {
  const { db, name } = await newDatabase()
  await migrate(db)
  await sql`create schema second`.execute(db)
  const connection = { ...postgres.connection, database: name, options: '-c search_path=second' }
  const second = await openDatabase({ connection, displayName: name })
  opened.push(second)
  expect(await migrate(second.db)).toEqual(ALL)
  expect(await migrate(second.db)).toEqual([])
})

it('applies each migration once when several servers start together', async () => {
  const { db, name } = await newDatabase()
  const others = [await open(name), await open(name), await open(name)]
  const applied = await Promise.all([db, ...others.map((other) => other.db)].map((each) => migrate(each)))
  expect(applied.flat().toSorted()).toEqual(ALL)
})

it('takes over once when several servers start together', async () => {
  const { db, name } = await newDatabase()
  await migrateAsBefore(db, MIGRATIONS.slice(0, 5))
  const others = [await open(name), await open(name), await open(name)]
  const applied = await Promise.all([db, ...others.map((other) => other.db)].map((each) => migrate(each)))
  expect(applied.flat().toSorted()).toEqual(ALL.slice(5))
})

it('refuses a database that a later version has changed', async () => {
  const { db } = await newDatabase()
  await migrate(db)
  await sql`insert into radix_migrations (name) values ('9999-later')`.execute(db)
  const error = await refusalOf(migrate(db))
  expect(error).toMatchObject({ code: 'DATABASE_MIGRATION_FAILED', why: expect.stringContaining('9999-later') })
  expect(error.why).toContain('later version')
})

it('changes nothing in a database that a later version has changed, not even missing parts', async () => {
  const { db } = await newDatabase()
  await migrate(db, MIGRATIONS.slice(0, 1))
  await sql`insert into radix_migrations (name) values ('9999-later')`.execute(db)
  expect(await refusalOf(migrate(db))).toMatchObject({ why: expect.stringContaining('later version') })
  expect(await namesIn(db)).toEqual([ALL[0], '9999-later'])
})

it('leaves nothing of an update that fails midway', async () => {
  const { db } = await newDatabase()
  await migrate(db, MIGRATIONS.slice(0, 1))
  const broken = { name: '8888-broken', sql: 'create table half (a int); select no_such_function()' }
  const error = await refusalOf(migrate(db, [...MIGRATIONS, broken]))
  expect(error).toMatchObject({ code: 'DATABASE_MIGRATION_FAILED', why: expect.stringContaining('8888-broken') })
  const { rows } = await sql<{ half: string | null }>`select to_regclass('half') as half`.execute(db)
  expect(rows).toEqual([{ half: null }])
  expect(await migrate(db)).toEqual(ALL.slice(1))
})

it('keeps the results from the evidence of a run, and drops those that only a harness reported', async () => {
  const { db } = await newDatabase()
  await migrate(db, MIGRATIONS.slice(0, ALL.indexOf('0013-one-summary')))
  for (const [runId, verdict] of [
    ['measured', 'valid'],
    ['reported', 'suspect'],
    ['stated', 'valid'],
    ['unsigned', null],
  ]) {
    await sql`insert into runs (tenant_id, run_id, provider, cluster_name, status, parameters, deadline_at, verdict,
      throughput_images_per_sec, duration_seconds) values ('t', ${runId}, 'ec2', 'c', 'succeeded', '{}', now(), ${verdict},
      343.2, 85.6)`.execute(db)
    if (runId === 'stated') continue
    await sql`insert into run_evidence (tenant_id, run_id, document) values ('t', ${runId}, '{}')`.execute(db)
  }
  await sql`insert into measurements (tenant_id, run_id, measured_at, conditions, recipe, device_type, device_name, trials,
    throughput_images_per_sec, verdict) values ('t', 'measured', now(), '{}', 'reference', 'cuda', 'NVIDIA A10G', 3, 343.2,
    'valid')`.execute(db)
  expect(await migrate(db)).toContain('0013-one-summary')
  const read = () =>
    db
      .selectFrom('measurements')
      .select(['run_id', 'verdict', 'throughput_images_per_sec', 'duration_seconds', 'recipe'])
      .orderBy('run_id')
      .execute()
  const numbers = { throughput_images_per_sec: 343.2, duration_seconds: 85.6 }
  const reported = { run_id: 'reported', verdict: 'suspect', ...numbers, recipe: null }
  expect(await read()).toEqual([{ run_id: 'measured', verdict: 'valid', ...numbers, recipe: 'reference' }, reported])
  await sql`update run_evidence set document = '{"changed": true}' where run_id = 'measured'`.execute(db)
  expect(await read()).toEqual([reported])
})
