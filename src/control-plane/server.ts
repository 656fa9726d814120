/** Assembles the control plane: data directory, database, migrations, HTTP, background work. */

import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { FastifyInstance } from 'fastify'
import type { JSONWebKeySet } from 'jose'
import type { Logger as PinoLogger } from 'pino'
import { CONTROL_PLANE_LIMITS } from '../core/limits/control-plane.ts'
import { withoutTrailingSlashes } from '../core/trailing-slashes.ts'
import { RadixError } from '../errors/radix-error.ts'
import { openSigningKey } from '../evidence/signature/open-signing-key.ts'
import type { ProcessIdentity } from '../system/process-table.ts'
import { createAgentFiles } from './agent-program/agent-files.ts'
import { type App, DEFAULT_SETTINGS, type Settings } from './app.ts'
import { createAuthenticate } from './auth/authenticate.ts'
import { trustCognito } from './auth/issuers/cognito.ts'
import { createGithubTokenVerifier } from './auth/issuers/github.ts'
import { trustLocalIssuer, trustOidcIssuer } from './auth/issuers/oidc.ts'
import { openLocalIssuer } from './auth/local-issuer.ts'
import { createSignInProvider } from './auth/sign-in/provider.ts'
import { createUserTokenVerifier, type TrustedIssuer } from './auth/user-token.ts'
import { startPeriodicWork } from './background/periodic-work.ts'
import type { ServerConfig } from './config.ts'
import { lockDataDirectory } from './data-directory.ts'
import { createBus } from './events/bus.ts'
import { createMetrics } from './metrics.ts'
import { type BenchmarkRequest, claimBenchmark, releaseClaim, renewClaim } from './runs/benchmark-claims.ts'
import { issueBenchmarkToken } from './runs/benchmarks.ts'
import { appendToRunJournal, readRunJournal, type StoredJournal, writeRunJournalFacts } from './runs/run-journals.ts'
import { type DatabaseOptions, openDatabase } from './store/database.ts'
import { startEmbeddedPostgres } from './store/embedded-postgres.ts'
import { migrate } from './store/migrate.ts'
import { createWorkQueue } from './telemetry/work-queue.ts'
import { startOutbox } from './webhooks/outbox.ts'

export interface ServerOptions extends ServerConfig {
  host: string
  /** 0 takes a free one. */
  port: number
  dataDir: string
  /** The command that it is for, and with which it ends; absent for a server that serves anyone. */
  owner?: ProcessIdentity | undefined
  logger: PinoLogger
  /** Timings; those of production where absent. */
  settings?: Partial<Settings>
}

export interface RunningServer {
  url: string
  /** The benchmarks that were requested in the dashboard, for the worker that runs them. */
  benchmarks: BenchmarkQueue
  /** Resolves with the reason once it can no longer serve: its embedded database has ended for good. */
  lost: Promise<unknown>
  /** Announces that it is about to end, so that no other command begins to use it. */
  withdraw(): Promise<void>
  /**
   * Ends background work, requests and the embedded database, in this order. A failure to end one does not keep the
   * others from ending.
   */
  close(): Promise<void>
}

export interface BenchmarkQueue {
  /** How long a claim lasts between renewals. */
  readonly claimMs: number
  /**
   * Claims the next request, or one that a dead server had begun, for this server only. Undefined once `signal` aborts.
   */
  claim(signal: AbortSignal): Promise<BenchmarkRequest | undefined>
  /** Throws `RUN_TAKEN_OVER`, as the writes below do. */
  renew(request: BenchmarkRequest): Promise<void>
  /** Another server may continue at once. */
  release(request: BenchmarkRequest): Promise<void>
  readJournal(request: BenchmarkRequest): Promise<StoredJournal>
  /** `first` is the number of the first of the entries, from 0. */
  appendToJournal(request: BenchmarkRequest, first: number, entries: readonly object[]): Promise<void>
  writeFacts(request: BenchmarkRequest, facts: string): Promise<void>
  /** A user token for the run of a request and its cluster. */
  issueToken(request: BenchmarkRequest): Promise<{ token: string; expiresAt: Date }>
}

/**
 * Starts and serves. Throws `DATA_DIRECTORY_IN_USE`, `DATA_DIRECTORY_UNUSABLE`, `DATABASE_*`, `PORT_IN_USE` or
 * `CONFIGURATION_INVALID`, after stopping what it had started.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const undo: (() => Promise<unknown>)[] = []
  const close = async () => {
    const failures: unknown[] = []
    for (const stop of undo.splice(0).reverse()) await stop().catch((error) => failures.push(error))
    if (failures.length > 0) throw failures[0]
  }
  try {
    const started = await start(options, (stop) => undo.push(stop))
    return { ...started, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function start(
  options: ServerOptions,
  onClose: (stop: () => Promise<unknown>) => void,
): Promise<Omit<RunningServer, 'close'>> {
  const { dataDir, logger } = options
  // The largest part of the program is loaded while the database starts.
  const loading = import('./http/server.ts')
  const directory = await lockDataDirectory(dataDir, options.owner)
  onClose(() => directory.release())
  const location = await locateDatabase(options, onClose)
  const { db, pool, close } = await openDatabase(location)
  onClose(close)
  const applied = await migrate(db)
  if (applied.length > 0) logger.info({ migrations: applied }, 'database brought up to date')

  const settings = { ...DEFAULT_SETTINGS, ...configuredSettings(options), ...options.settings }
  const bus = createBus(pool, location.connection, logger)
  onClose(() => bus.close())
  const verifyGithubToken = options.github && createGithubTokenVerifier(options.github)
  const browsersUseHttps = options.publicUrl?.startsWith('https://') ?? false
  const knownSigners = { ownKeyId: await findOwnKeyId(options), trustedKeyIds: options.trustedSigningKeys }
  const localIssuer = options.localIssuer ? await openLocalIssuer(dataDir) : undefined
  const verifyUserToken = createUserTokenVerifier(listTrusted(options, localIssuer?.jwks))
  const providers = (options.signIn ?? []).map((provider) => createSignInProvider(provider, settings.issuerTimeoutMs))
  const signIn = { providers, verifyUserToken }
  const app: App = {
    db,
    bus,
    metrics: createMetrics(),
    logger,
    settings,
    whenDurable: (tell) => tell(),
    verifyGithubToken,
    signIn,
    knownSigners,
    publicUrl: options.publicUrl && withoutTrailingSlashes(options.publicUrl),
    browsersUseHttps,
    scoring: createWorkQueue(CONTROL_PLANE_LIMITS.unfinishedScores.value),
    agentFiles: createAgentFiles({ dataDir, registry: options.nodeRegistry }),
  }
  const authenticate = createAuthenticate(db, verifyUserToken, settings)
  const { buildHttpServer } = await loading
  const http = await buildHttpServer({
    parts: () => ({ app, authenticate, localJwks: localIssuer?.jwks ?? { keys: [] } }),
    logger,
    rateLimitPerMinute: settings.rateLimitPerMinute,
    trustedProxies: options.trustedProxies,
  })
  onClose(() => http.close())
  const url = await listen(http, options)
  const periodicWork = startPeriodicWork(app)
  onClose(() => periodicWork.close())
  const outbox = startOutbox(app)
  onClose(() => outbox.close())
  await directory.publish(url)
  logger.info({ url }, 'serving')
  onClose(() => directory.withdraw())
  return { url, benchmarks: queueOf(app), lost: location.lost, withdraw: directory.withdraw }
}

/** Null for an unusable key: cleaning up after a run needs a server, even one that cannot sign. */
async function findOwnKeyId({ dataDir, signingKeyPem, logger }: ServerOptions): Promise<string | null> {
  try {
    return (await openSigningKey(dataDir, signingKeyPem)).publicKey.keyId
  } catch (error) {
    logger.error({ err: error }, 'this server cannot sign evidence, and recognises none as its own')
    return null
  }
}

/** The server's name is for people who read the database; only the epoch of a claim matters. */
function queueOf(app: App): BenchmarkQueue {
  const worker = `${hostname()}:${process.pid}:${randomUUID()}`
  return {
    claimMs: app.settings.benchmarkClaimMs,
    claim: (signal) => claimBenchmark(app, worker, signal),
    renew: (request) => renewClaim(app, request),
    release: (request) => releaseClaim(app, request),
    readJournal: (request) => readRunJournal(app.db, request),
    appendToJournal: (request, first, entries) => appendToRunJournal(app.db, request, first, entries),
    writeFacts: (request, facts) => writeRunJournalFacts(app.db, request, facts),
    issueToken: (request) => issueBenchmarkToken(app, request),
  }
}

function configuredSettings(config: ServerConfig): Partial<Settings> {
  const { rateLimitPerMinute, retentionDays, auditRetentionDays, webhookNetworks, defaultRole, admins } = config
  return {
    rateLimitPerMinute,
    ...(retentionDays === undefined ? {} : { retentionDays }),
    ...(webhookNetworks === undefined ? {} : { webhookNetworks }),
    ...(auditRetentionDays === undefined ? {} : { auditRetentionDays }),
    ...(defaultRole === undefined ? {} : { defaultRole }),
    ...(admins === undefined ? {} : { admins }),
  }
}

function listTrusted({ issuers, cognito }: ServerConfig, localJwks: JSONWebKeySet | undefined): TrustedIssuer[] {
  return [
    ...issuers.map(trustOidcIssuer),
    ...(cognito ? [trustCognito(cognito)] : []),
    ...(localJwks ? [trustLocalIssuer(localJwks)] : []),
  ]
}

async function locateDatabase(
  { databaseUrl, dataDir, logger }: ServerOptions,
  onClose: (stop: () => Promise<unknown>) => void,
): Promise<DatabaseOptions & { lost: Promise<unknown> }> {
  if (databaseUrl) {
    const { hostname, pathname } = new URL(databaseUrl)
    const displayName = `the database ${hostname}${pathname}`
    return { connection: { connectionString: databaseUrl }, displayName, lost: new Promise(() => {}) }
  }
  const embedded = await startEmbeddedPostgres(dataDir, logger)
  onClose(() => embedded.close())
  return embedded
}

async function listen(http: FastifyInstance, { host, port }: ServerOptions): Promise<string> {
  try {
    await http.listen({ host, port })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    if (error.code === 'EADDRINUSE') throw new RadixError('PORT_IN_USE', { host, port }, { cause: error })
    const expected = 'an address of this machine, and --port to a port that this user may listen on'
    const params = { setting: '--host', value: `${host} (port ${port})`, reason: error.message, expected }
    throw new RadixError('CONFIGURATION_INVALID', params, { cause: error })
  }
  const address = http.server.address()
  const boundPort = typeof address === 'object' && address ? address.port : port
  const shownHost = host === '0.0.0.0' || host === '::' ? 'localhost' : host
  return `http://${shownHost.includes(':') ? `[${shownHost}]` : shownHost}:${boundPort}`
}
