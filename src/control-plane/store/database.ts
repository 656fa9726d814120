/** The database: one pool, and the types of its tables. */
import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely'
import pg from 'pg'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { isPooledByTransaction } from './pooler.ts'
import type {
  AuditEventTable,
  BaselineTable,
  BenchmarkRequestTable,
  BudgetTable,
  ClusterTable,
  ClusterTokenTable,
  DefaultRoleTable,
  IdempotencyKeyTable,
  JobEventTable,
  JobTable,
  MeasurementTable,
  MemberTable,
  OnboardingTokenTable,
  ReaperTable,
  RunEvidenceTable,
  RunJournalFactsTable,
  RunJournalTable,
  RunTable,
  RunTokenTable,
  SessionTable,
  SignInLinkTable,
  SignInTable,
  UsedGithubTokenTable,
  WebhookDeliveryTable,
  WebhookTable,
} from './tables.ts'
import type { ApiKeyTable, ObservationTable } from './telemetry-tables.ts'

export interface Schema {
  clusters: ClusterTable
  onboarding_tokens: OnboardingTokenTable
  cluster_tokens: ClusterTokenTable
  run_tokens: RunTokenTable
  benchmark_requests: BenchmarkRequestTable
  audit_events: AuditEventTable
  webhooks: WebhookTable
  webhook_deliveries: WebhookDeliveryTable
  members: MemberTable
  default_roles: DefaultRoleTable
  sessions: SessionTable
  sign_in_links: SignInLinkTable
  sign_ins: SignInTable
  used_github_tokens: UsedGithubTokenTable
  jobs: JobTable
  job_events: JobEventTable
  runs: RunTable
  run_evidence: RunEvidenceTable
  run_journals: RunJournalTable
  run_journal_facts: RunJournalFactsTable
  measurements: MeasurementTable
  baselines: BaselineTable
  budgets: BudgetTable
  reapers: ReaperTable
  idempotency_keys: IdempotencyKeyTable
  api_keys: ApiKeyTable
  observations: ObservationTable
}

export type Database = Kysely<Schema>
/** A transaction, or the pool where none is needed. */
export type Connection = Database | Transaction<Schema>

export interface DatabaseOptions {
  connection: pg.ClientConfig
  /** Maximum number of connections; 10 if absent. */
  poolSize?: number
  /** The name of this database for errors, without its password. */
  displayName: string
}

export interface OpenDatabase {
  db: Database
  pool: pg.Pool
  close(): Promise<void>
}

/** Connects to see that it is there and fit. Throws `DATABASE_UNREACHABLE` or `DATABASE_POOLER_UNSUPPORTED`. */
export async function openDatabase(options: DatabaseOptions): Promise<OpenDatabase> {
  const pool = new pg.Pool({
    ...options.connection,
    max: options.poolSize ?? CONTROL_PLANE_LIMITS.databaseConnections.value,
    connectionTimeoutMillis: CONTROL_PLANE_LIMITS.databaseConnect.value,
    // A pooler may refuse `statement_timeout` as a parameter of the connection: it is set by a statement.
    onConnect: setStatementTimeout,
    application_name: 'radix',
    keepAlive: true,
  })
  // The pool reports errors of idle connections; each client reports its own errors while in use. Without both
  // listeners, a broken connection would end the process. With them, only its current use fails, and the connection is
  // replaced.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const db: Database = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) })
  try {
    await sql`select 1`.execute(db)
    const mayBePooled = options.connection.connectionString !== undefined
    if (mayBePooled && (await isPooledByTransaction(pool))) {
      throw new RadixError('DATABASE_POOLER_UNSUPPORTED', { database: options.displayName })
    }
  } catch (error) {
    await db.destroy()
    throw error instanceof RadixError ? error : unreachable(options.displayName, error)
  }
  return { db, pool, close: () => db.destroy() }
}

async function setStatementTimeout(client: pg.ClientBase): Promise<void> {
  await client.query(`set statement_timeout = ${CONTROL_PLANE_LIMITS.databaseStatement.value}`)
}

function unreachable(database: string, error: unknown): RadixError {
  // A refused connection comes as an AggregateError without a message of its own.
  const first = error instanceof AggregateError ? error.errors[0] : error
  const reason = first instanceof Error ? first.message : String(first)
  return new RadixError('DATABASE_UNREACHABLE', { database, reason }, { cause: error })
}
