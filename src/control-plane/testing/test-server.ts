/**
 * A real control plane for tests: the server itself, on a real PostgreSQL, in its own directory. Each file has one;
 * each test uses its own tenant. Closing it fails when something was left open.
 */
import { chmod, copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import pino from 'pino'
import { expect, vi } from 'vitest'
import { type ControlPlaneClient, createClient } from '../../contract/client.ts'
import { createAgentFiles } from '../agent-program/agent-files.ts'
import { type App, DEFAULT_SETTINGS, type Settings } from '../app.ts'
import type { AuthConfig } from '../auth/config.ts'
import { type LocalIssuer, openLocalIssuer } from '../auth/local-issuer.ts'
import { createBus } from '../events/bus.ts'
import { createMetrics } from '../metrics.ts'
import { type RunningServer, startServer } from '../server.ts'
import { type Database, type OpenDatabase, openDatabase } from '../store/database.ts'
import { embeddedConnectionOf } from '../store/embedded-postgres.ts'
import { createWorkQueue } from '../telemetry/work-queue.ts'
import { databaseUrlOf } from './database-url.ts'
import { copyUsedDatabase } from './used-database.ts'

export interface Tenant {
  tenantId: string
  token: string
  client: ControlPlaneClient
}

export interface OnboardedCluster {
  clusterId: string
  clusterToken: string
  /** A client with the cluster token. */
  agent: ControlPlaneClient
}

export interface TestServer {
  url: string
  dataDir: string
  issuer: LocalIssuer
  /** The server's own database, for moving time: tests change rows instead of waiting for a lease to expire. */
  db: Database
  /** The parts of a replica on the same database, for background work that a test calls directly. */
  app: App
  newTenant(): Promise<Tenant>
  clientWith(credential: string): ControlPlaneClient
  onboard(tenant: Tenant): Promise<OnboardedCluster>
  /** Another server on the same database with the same issuer, closed with this one. */
  startReplica(): Promise<RunningServer>
  /** The whole log so far, at level debug. */
  readLog(): string
  close(): Promise<void>
}

export interface TestServerOptions extends Partial<AuthConfig> {
  trustedProxies?: readonly string[]
  settings?: Partial<Settings>
  trustedSigningKeys?: string[]
  /** The loopback by default. */
  host?: string
}

const PATIENCE = { timeout: 10_000, interval: 20 }

export async function startTestServer(testOptions: TestServerOptions = {}): Promise<TestServer> {
  const { settings = {}, host = '127.0.0.1', trustedSigningKeys = [], ...auth } = testOptions
  const dataDir = await newUsedDataDirectory()
  const log = captureLog()
  const signing = { signingKeyPem: undefined, trustedSigningKeys }
  const limits = { rateLimitPerMinute: 1_000_000, settings }
  const options = { host, port: 0, localIssuer: true, issuers: [], ...auth, ...signing, ...limits }
  const server = await startServer({ ...options, dataDir, databaseUrl: undefined, logger: log.logger })
  const connection = embeddedConnectionOf(dataDir)
  const database = await openDatabase({ connection, displayName: 'test' })
  const bus = createBus(database.pool, connection, log.logger)
  const app: App = {
    db: database.db,
    bus,
    metrics: createMetrics(),
    knownSigners: { ownKeyId: null, trustedKeyIds: [] },
    browsersUseHttps: false,
    logger: log.logger,
    settings: { ...DEFAULT_SETTINGS, ...settings },
    whenDurable: (tell) => tell(),
    scoring: createWorkQueue(1),
    agentFiles: createAgentFiles({ dataDir }),
  }
  const issuer = await openLocalIssuer(dataDir)
  const replicas: { server: RunningServer; dataDir: string }[] = []
  let tenants = 0

  const clientWith = (credential: string) => createClient({ baseUrl: server.url, credential: () => credential })

  return {
    url: server.url,
    dataDir,
    issuer,
    db: database.db,
    app,
    clientWith,
    readLog: log.read,
    async newTenant() {
      const tenantId = `tenant-${++tenants}`
      const token = await issuer.mintToken({ subject: 'tester', tenantId, ttlSeconds: 3600 })
      return { tenantId, token, client: clientWith(token) }
    },
    async onboard({ client }) {
      const { cluster_id } = await client.call('createCluster', { body: { name: 'gpu-box', type: 'local' } })
      const params = { cluster_id }
      const { one_time_token } = await client.call('createOnboardingToken', { params })
      const exchanged = await clientWith(one_time_token).call('exchangeOnboardingToken', { params, body: {} })
      return {
        clusterId: cluster_id,
        clusterToken: exchanged.cluster_token,
        agent: clientWith(exchanged.cluster_token),
      }
    },
    async startReplica() {
      const replicaDir = await newDataDirectory()
      await copyFile(join(dataDir, 'issuer-key.pem'), join(replicaDir, 'issuer-key.pem'))
      const databaseUrl = databaseUrlOf(connection)
      const replica = await startServer({ ...options, dataDir: replicaDir, databaseUrl, logger: log.logger })
      replicas.push({ server: replica, dataDir: replicaDir })
      return replica
    },
    async close() {
      try {
        await expectNothingHeld([server.url, ...replicas.map((replica) => replica.server.url)], database)
      } finally {
        await bus.close()
        await database.close()
        for (const replica of replicas) {
          await replica.server.close()
          await rm(replica.dataDir, { recursive: true })
        }
        await server.close()
        await removeDataDirectory(dataDir)
      }
    },
  }
}

/** A folder that the database's own user may pass, like the real data directory. */
export async function newDataDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'radix-test-'))
  await chmod(directory, 0o711)
  return directory
}

/** One that already has its database: making one takes longer than most tests. */
export async function newUsedDataDirectory(): Promise<string> {
  const directory = await newDataDirectory()
  await copyUsedDatabase(directory)
  return directory
}

/** Ends any database on it, removes it, and fails if there was one. */
export async function removeDataDirectory(directory: string): Promise<void> {
  const left = await findProcessesNaming(join(directory, 'postgres'))
  for (const pid of left) process.kill(Number(pid), 'SIGKILL')
  await rm(directory, { recursive: true })
  expect(left, 'databases that were left running').toEqual([])
}

/** Pids of processes with this text as an argument. */
export async function findProcessesNaming(text: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return pids.filter((_, index) => lines[index]?.split('\0').includes(text))
}

/** No poll and no stream may outlive its caller, and no transaction may stay open. */
async function expectNothingHeld(urls: string[], { pool }: OpenDatabase): Promise<void> {
  const readGauges = async () => {
    // A replica that the test has closed holds nothing open.
    const texts = urls.map(async (url) => (await fetch(`${url}/metrics`).catch(() => undefined))?.text() ?? '')
    return (await Promise.all(texts)).flatMap(
      (text) => text.match(/^radix_(?:waiting_polls|open_streams) .*[1-9].*$/gm) ?? [],
    )
  }
  await vi.waitFor(async () => expect(await readGauges()).toEqual([]), PATIENCE)
  const readOpenTransactions = async () => {
    const { rows } = await pool.query("select query from pg_stat_activity where state like 'idle in transaction%'")
    return rows
  }
  await vi.waitFor(async () => expect(await readOpenTransactions()).toEqual([]), PATIENCE)
}

function captureLog(): { logger: pino.Logger; read: () => string } {
  const chunks: string[] = []
  const destination = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk))
      done()
    },
  })
  return { logger: pino({ level: 'debug' }, destination), read: () => chunks.join('') }
}
