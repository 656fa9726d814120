/** A pooler between Radix and its database. */
import { join } from 'node:path'
import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { silentLogger } from '../../core/logger.ts'
import { startSessionPooler, startTransactionPooler, type TestPooler } from '../testing/pooler.ts'
import { newUsedDataDirectory, removeDataDirectory } from '../testing/test-server.ts'
import { openDatabase } from './database.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'

let dataDir: string
let postgres: EmbeddedPostgres
let pooler: TestPooler | undefined

beforeAll(async () => {
  dataDir = await newUsedDataDirectory()
  postgres = await startEmbeddedPostgres(dataDir, silentLogger)
})
afterEach(() => pooler?.close())
afterAll(async () => {
  await postgres.close()
  await removeDataDirectory(dataDir)
})

const socketPath = () => join(String(postgres.connection.host), '.s.PGSQL.5432')
const through = ({ port }: TestPooler) => ({
  connection: { connectionString: `postgres://${postgres.connection.user}@127.0.0.1:${port}/postgres` },
  displayName: 'the database behind a pooler',
})

it('a pooler that refuses statement_timeout at the start of a connection works, and the limit is set', async () => {
  pooler = await startSessionPooler(socketPath())
  const { connection } = through(pooler)
  const naive = new pg.Client({ ...connection, statement_timeout: 1000 })
  await expect(naive.connect()).rejects.toThrow('unsupported startup parameter')

  const { db, close } = await openDatabase(through(pooler))
  const { rows } = await sql<{ ms: string }>`
    select setting as ms from pg_settings where name = 'statement_timeout'`.execute(db)
  expect(Number(rows[0]?.ms)).toBe(CONTROL_PLANE_LIMITS.databaseStatement.value)
  await close()
})

it('a pooler in transaction mode is refused by name', async () => {
  pooler = await startTransactionPooler(socketPath())
  await expect(openDatabase(through(pooler))).rejects.toMatchObject({
    code: 'DATABASE_POOLER_UNSUPPORTED',
    fix: expect.stringContaining('session mode'),
  })
})
