import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { silentLogger } from '../../core/logger.ts'
import { parseEvidence } from '../../evidence/parse-evidence.ts'
import { keepMeasurement } from '../evidence/measurements.ts'
import { refusalOf } from '../testing/requests.ts'
import { newUsedDataDirectory, removeDataDirectory } from '../testing/test-server.ts'
import { type Database, type OpenDatabase, openDatabase } from './database.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { MIGRATIONS, type Migration, migrate } from './migrate.ts'

let dataDir: string
let postgres: EmbeddedPostgres
let databases = 0
const opened: OpenDatabase[] = []

beforeAll(async () => {
  dataDir = await newUsedDataDirectory()
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

/** As an earlier Radix wrote and signed it. */
const V1_EVIDENCE = join(import.meta.dirname, '../../evidence/testdata/v1.evidence.json')
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

/** Evidence that something is wrong with: the member, and what stands there. */
const FIRST_RESULT = 'results,trials,0,result'
const ODD_EVIDENCE = [
  ['no result', 'results', null],
  ['trials that are no list', 'results,trials', { of: 'a kind' }],
  ['trials that are a number', 'results,trials', 7],
  ['a trial that is no object', 'results,trials', ['x']],
  ['no summary', 'results,throughput_images_per_sec', 'fast'],
  ['no number of trials', 'results,throughput_images_per_sec,n', null],
  ['a mean that is text', 'results,throughput_images_per_sec,mean', 'NaN'],
  ['too many trials', 'results,throughput_images_per_sec,n', 1e12],
  ['a price that is text', 'cost,images_per_usd', 'many'],
  ['no time', 'started_at', null],
  ['a word as its time', 'started_at', 'infinity'],
  ['a day that is none', 'started_at', '2026-02-31T09:00:00.000Z'],
  ['a verdict that is unknown', 'verdict', 'fine'],
  ['no parameters', 'request,parameters', []],
  ['no workload', `${FIRST_RESULT},workload`, null],
  ['no device', `${FIRST_RESULT},device`, 'GPU'],
  ['no precision', `${FIRST_RESULT},precision`, null],
  ['nothing at all', '', {}],
] as const

it('takes out of evidence what a run measured, as the service does, and leaves out what has another shape', async () => {
  const document: unknown = JSON.parse(await readFile(V1_EVIDENCE, 'utf8'))
  const { db } = await newDatabase()
  await migrate(db, MIGRATIONS.slice(0, ALL.indexOf('0007-measurements')))
  const insert = async (runId: string, path: string, value: unknown) => {
    await sql`insert into runs (tenant_id, run_id, provider, cluster_name, status, parameters, deadline_at)
      values ('t', ${runId}, 'ec2', 'c', 'succeeded', '{}', now())`.execute(db)
    const text = JSON.stringify(path === '' ? value : document)
    await sql`insert into run_evidence (tenant_id, run_id, document)
      values ('t', ${runId}, jsonb_set(${text}::jsonb, ${`{${path}}`}::text[], ${JSON.stringify(value)}::jsonb))`.execute(
      db,
    )
  }
  await insert('good', `${FIRST_RESULT},precision,notes`, ['said in words'])
  for (const [name, path, value] of ODD_EVIDENCE) await insert(name, path, value)
  await migrate(db)
  const read = async () => {
    const rows = await db.selectFrom('measurements').selectAll().execute()
    // Since a later migration.
    return rows.map(({ duration_seconds: _, ...row }) => row)
  }
  const filledIn = await read()
  expect(filledIn).toMatchObject([{ run_id: 'good', throughput: 343.3, throughput_unit: 'images/s', trials: 3 }])
  await keepMeasurement(db, { tenantId: 't', runId: 'good' }, parseEvidence(document, 'a test'))
  expect(await read()).toEqual(filledIn)
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
      .select(['run_id', 'verdict', 'throughput', 'throughput_unit', 'duration_seconds', 'recipe'])
      .orderBy('run_id')
      .execute()
  const numbers = { throughput: 343.2, throughput_unit: 'images/s', duration_seconds: 85.6 }
  const reported = { run_id: 'reported', verdict: 'suspect', ...numbers, recipe: null }
  expect(await read()).toEqual([{ run_id: 'measured', verdict: 'valid', ...numbers, recipe: 'reference' }, reported])
  await sql`update run_evidence set document = '{"changed": true}' where run_id = 'measured'`.execute(db)
  expect(await read()).toEqual([reported])
})

it('gives what earlier servers stored its unit', async () => {
  const { db } = await newDatabase()
  await migrate(db, MIGRATIONS.slice(0, ALL.indexOf('0014-rates')))
  await sql`insert into clusters (cluster_id, tenant_id, name, type, status) values ('cl', 't', 'c', 'local', 'active')`.execute(
    db,
  )
  const progress = { schema: 'radix.progress/v1', phase: 'train', images_per_second: 340.5 }
  for (const [jobId, metrics] of [
    ['measured', { throughput_images_per_sec: 343.2, exit_code: 0 }],
    ['failed', { throughput_images_per_sec: null, exit_code: 1 }],
  ] as const) {
    await sql`insert into jobs (job_id, cluster_id, tenant_id, job_kind, params, timeout_seconds, metrics, progress)
      values (${jobId}, 'cl', 't', 'resnet50_benchmark', '{}', 60, ${JSON.stringify(metrics)}::jsonb,
      ${JSON.stringify(progress)}::jsonb)`.execute(db)
  }
  const baseline = { schema: 'radix.baseline/v1', run_id: 'run_1', throughputs_images_per_sec: [343.2, 342.1] }
  await sql`insert into baselines (tenant_id, name, document) values ('t', 'main', ${JSON.stringify(baseline)}::jsonb)`.execute(
    db,
  )
  expect(await migrate(db)).toContain('0014-rates')
  const jobs = await db.selectFrom('jobs').select(['job_id', 'metrics', 'progress']).orderBy('job_id').execute()
  const upgraded = { schema: 'radix.progress/v2', phase: 'train', throughput: { value: 340.5, unit: 'images/s' } }
  expect(jobs).toEqual([
    { job_id: 'failed', metrics: { exit_code: 1 }, progress: upgraded },
    {
      job_id: 'measured',
      metrics: { throughput: { value: 343.2, unit: 'images/s' }, exit_code: 0 },
      progress: upgraded,
    },
  ])
  expect(await db.selectFrom('baselines').select('document').execute()).toEqual([
    { document: { schema: 'radix.baseline/v2', run_id: 'run_1', unit: 'images/s', throughputs: [343.2, 342.1] } },
  ])
})
