/** Wake-ups between servers through a real PostgreSQL, also after a broken connection. */
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { silentLogger } from '../../core/logger.ts'
import { type OpenDatabase, openDatabase } from '../store/database.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../store/embedded-postgres.ts'
import { newUsedDataDirectory, removeDataDirectory } from '../testing/test-server.ts'
import { type Bus, createBus } from './bus.ts'
import { createWaiter } from './wait-for-wake.ts'

const LONG_MS = 60_000
const never = new AbortController().signal

let dataDir: string
let postgres: EmbeddedPostgres
let database: OpenDatabase
const buses: Bus[] = []

beforeAll(async () => {
  dataDir = await newUsedDataDirectory()
  postgres = await startEmbeddedPostgres(dataDir, silentLogger)
  database = await openDatabase(postgres)
})
afterEach(async () => {
  for (const bus of buses.splice(0)) {
    expect(bus.subscriberCount()).toBe(0)
    await bus.close()
  }
  await expect.poll(countListeners).toBe(0)
})
afterAll(async () => {
  await database.close()
  await postgres.close()
  await removeDataDirectory(dataDir)
})

function open(): Bus {
  const bus = createBus(database.pool, postgres.connection, silentLogger)
  buses.push(bus)
  return bus
}

async function countListeners(): Promise<number> {
  const { rows } = await sql<{ count: string }>`select count(*) from pg_stat_activity
    where application_name = 'radix-listen' and query like 'LISTEN%' and state = 'idle'`.execute(database.db)
  return Number(rows[0]?.count)
}

it('wakes only the waiters for the topic, on this server and on others', async () => {
  const [here, there] = [open(), open()]
  await expect.poll(countListeners).toBe(2)
  const waiters = [createWaiter(here, 'job:1'), createWaiter(there, 'job:1')]
  let wokenByMistake = 0
  const stop = there.subscribe('job:2', () => wokenByMistake++)
  const woken = Promise.all(waiters.map((waiter) => waiter.wait(LONG_MS, never)))
  here.publish('job:1')
  await woken
  expect(wokenByMistake).toBe(0)
  stop()
  for (const waiter of waiters) waiter.close()
})

it('does not miss a message between looking and waiting', async () => {
  const bus = open()
  const waiter = createWaiter(bus, 'work:1')
  bus.publish('work:1')
  await waiter.wait(LONG_MS, never)
  waiter.close()
})

it('releases a waiter when its time is over, or when its caller hangs up', async () => {
  const waiter = createWaiter(open(), 'work:1')
  await waiter.wait(1, never)
  const hangUp = new AbortController()
  const waiting = waiter.wait(LONG_MS, hangUp.signal)
  hangUp.abort()
  await waiting
  await waiter.wait(LONG_MS, hangUp.signal)
  waiter.close()
})

it('listens again after its connection broke, and wakes all waiters, which may have missed a message', async () => {
  const [here, there] = [open(), open()]
  await expect.poll(countListeners).toBe(2)
  const waiter = createWaiter(there, 'job:1')
  const woken = waiter.wait(LONG_MS, never)
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'radix-listen'`.execute(
    database.db,
  )
  await woken
  await expect.poll(countListeners).toBe(2)
  const again = waiter.wait(LONG_MS, never)
  here.publish('job:1')
  await again
  waiter.close()
})

it('may be closed while it is still connecting', async () => {
  for (let round = 0; round < 5; round++) await open().close()
})
