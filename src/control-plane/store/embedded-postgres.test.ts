/** The embedded database through crashes: of the server, of the database, of both, and of its own making. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createClient } from '../../contract/client.ts'
import { silentLogger } from '../../core/logger.ts'
import { findPresence } from '../../system/presence-pipe.ts'
import { identifyProcess } from '../../system/process-table.ts'
import { openLocalIssuer } from '../auth/local-issuer.ts'
import { type ChildServer, startChildServer } from '../testing/child-server.ts'
import { refusalOf } from '../testing/requests.ts'
import { findProcessesNaming, newUsedDataDirectory, removeDataDirectory } from '../testing/test-server.ts'
import { openDatabase } from './database.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { presencePathOf } from './orphaned-postgres.ts'
import { socketDirectoryOf } from './postgres-folders.ts'

let dataDir: string
let database: EmbeddedPostgres | undefined
beforeEach(async () => {
  dataDir = await newUsedDataDirectory()
})
afterEach(async () => {
  await database?.close()
  database = undefined
  await removeDataDirectory(dataDir)
})

const readPid = async () => Number((await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0])

/** Clusters that a server has acknowledged. They must survive any crash. */
async function createClusters(server: ChildServer, count: number): Promise<string[]> {
  const issuer = await openLocalIssuer(dataDir)
  const token = await issuer.mintToken({ subject: 'x', tenantId: 'local', ttlSeconds: 60 })
  const client = createClient({ baseUrl: server.url, credential: () => token })
  const ids: string[] = []
  for (let made = 0; made < count; made++) {
    ids.push((await client.call('createCluster', { body: { name: 'a' } })).cluster_id)
  }
  return ids
}

async function startAndReadClusters(): Promise<string[]> {
  database = await startEmbeddedPostgres(dataDir, silentLogger)
  const { db, close } = await openDatabase(database)
  const rows = await db.selectFrom('clusters').select('cluster_id').orderBy('created_at').execute()
  await close()
  return rows.map((row) => row.cluster_id)
}

it('ends with a server that is killed, and loses no row', async () => {
  const server = await startChildServer('serve', dataDir)
  const ids = await createClusters(server, 20)
  const orphan = await readPid()
  await server.kill()
  await expect.poll(() => identifyProcess(orphan).outcome).toBe('absent')
  await expect.poll(() => findProcessesNaming(join(dataDir, 'postgres'))).toEqual([])
  expect(await startAndReadClusters()).toEqual(ids)
})

it('ends with a server that is killed while the database starts', async () => {
  const program = join(import.meta.dirname, '..', 'testing', 'serve-until-killed.ts')
  const server = spawn(process.execPath, [program, 'serve', dataDir], { stdio: ['pipe', 'ignore', 'inherit'] })
  await expect.poll(() => findProcessesNaming(join(dataDir, 'postgres')), { interval: 5 }).not.toEqual([])
  server.kill('SIGKILL')
  await expect.poll(() => findProcessesNaming(join(dataDir, 'postgres'))).toEqual([])
})

it('is seen from other containers, which do not know its pid, until it and its sessions have ended', async () => {
  const path = presencePathOf(join(dataDir, 'postgres'))
  database = await startEmbeddedPostgres(dataDir, silentLogger)
  expect(findPresence(path)).toMatchObject({ outcome: 'found' })
  process.kill(await readPid(), 'SIGKILL')
  await database.close()
  await expect.poll(() => findPresence(path).outcome).toBe('absent')
})

it('is stopped by the next start when nothing else ended it', async () => {
  const server = await startChildServer('serve', dataDir)
  const ids = await createClusters(server, 20)
  const orphan = await readPid()
  const keepers = (await findProcessesNaming(join(dataDir, 'postgres'))).filter((pid) => Number(pid) !== orphan)
  for (const pid of keepers) process.kill(Number(pid), 'SIGKILL')
  await server.kill()
  expect(identifyProcess(orphan).outcome).toBe('found')
  expect(await startAndReadClusters()).toEqual(ids)
  expect(identifyProcess(orphan).outcome).toBe('absent')
  expect(await readPid()).not.toBe(orphan)
})

it('is restarted when it is killed, and loses no row', async () => {
  const server = await startChildServer('serve', dataDir)
  const ids = await createClusters(server, 3)
  const readiness = () => fetch(`${server.url}/readyz`).then(({ status }) => status)
  process.kill(await readPid(), 'SIGKILL')
  await expect.poll(readiness, { timeout: 20_000 }).toBe(200)
  // Each broken connection may fail one more request.
  await expect.poll(() => createClusters(server, 1).then((made) => ids.push(...made))).toBe(4)
  await server.kill()
  await expect.poll(() => findProcessesNaming(join(dataDir, 'postgres'))).toEqual([])
  expect(await startAndReadClusters()).toEqual(ids)
})

it('is reported as lost when it cannot be restarted', async () => {
  database = await startEmbeddedPostgres(dataDir, silentLogger)
  await writeFile(join(dataDir, 'postgres', 'PG_VERSION'), '9\n')
  process.kill(await readPid(), 'SIGKILL')
  expect(await database.lost).toMatchObject({
    code: 'DATABASE_START_FAILED',
    why: expect.stringMatching(/incompatible/),
  })
})

it('is not lost when it is closed during its restart', async () => {
  let close: Promise<string> | undefined
  const error = () => {
    close ??= started.close().then(() => 'closed')
  }
  const started = await startEmbeddedPostgres(dataDir, { ...silentLogger, error })
  process.kill(await readPid(), 'SIGKILL')
  await expect.poll(() => close).toBeDefined()
  expect(await Promise.race([started.lost, close])).toBe('closed')
})

it('uses a short folder for its socket when the temporary folder has a long path', async () => {
  const long = join(tmpdir(), 'x'.repeat(60), 'y'.repeat(60))
  expect(socketDirectoryOf(dataDir, long)).toMatch(/^\/tmp\/radix-[0-9a-f]{16}$/)
  vi.stubEnv('TMPDIR', long)
  try {
    database = await startEmbeddedPostgres(dataDir, silentLogger)
    expect(existsSync(join(socketDirectoryOf(dataDir, long), '.s.PGSQL.5432'))).toBe(true)
  } finally {
    await database?.close()
    vi.unstubAllEnvs()
    database = undefined
  }
})

it('loses no row when it is killed together with the server', async () => {
  const server = await startChildServer('serve', dataDir)
  const ids = await createClusters(server, 20)
  process.kill(await readPid(), 'SIGKILL')
  await server.kill()
  expect(await startAndReadClusters()).toEqual(ids)
})

it('is reached through its own socket, which it removes when it closes', async () => {
  database = await startEmbeddedPostgres(dataDir, silentLogger)
  const socketDirectory = String(database.connection.host)
  expect(existsSync(join(socketDirectory, '.s.PGSQL.5432'))).toBe(true)
  await database.close()
  expect(existsSync(socketDirectory)).toBe(false)
})

it('is created again when the first start was interrupted', async () => {
  await rm(join(dataDir, 'postgres', 'radix-initialised'))
  await rm(join(dataDir, 'postgres', 'global'), { recursive: true })
  database = await startEmbeddedPostgres(dataDir, silentLogger)
  expect(identifyProcess(await readPid()).outcome).toBe('found')
})

it('reports why it does not start, and where its log is', async () => {
  await writeFile(join(dataDir, 'postgres', 'PG_VERSION'), '9\n')
  const error = await refusalOf(startEmbeddedPostgres(dataDir, silentLogger))
  expect(error).toMatchObject({ code: 'DATABASE_START_FAILED' })
  expect(error.why).toMatch(/incompatible/)
  expect(error.fix).toContain(join(dataDir, 'postgres.log'))
})
