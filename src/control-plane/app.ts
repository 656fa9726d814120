/** The parts of a running control plane that handlers and background work use. */
import type { Role } from '../contract/roles.ts'
import { CONTROL_PLANE_LIMITS } from '../core/limits/control-plane.ts'
import type { Logger } from '../core/logger.ts'
import type { AgentFiles } from './agent-program/agent-files.ts'
import type { GithubTokenVerifier } from './auth/issuers/github.ts'
import type { SignInProvider } from './auth/sign-in/provider.ts'
import type { UserTokenVerifier } from './auth/user-token.ts'
import type { Bus } from './events/bus.ts'
import type { Metrics } from './metrics.ts'
import type { Database } from './store/database.ts'
import type { WorkQueue } from './telemetry/work-queue.ts'

export interface App {
  db: Database
  bus: Bus
  metrics: Metrics
  logger: Logger
  settings: Settings
  /** Runs `tell` once what was changed so far is durable: at once, or after the transaction of a request. */
  whenDurable: (tell: () => void) => void
  /** Absent where jobs of GitHub Actions are not let in by their own tokens. */
  verifyGithubToken?: GithubTokenVerifier | undefined
  knownSigners: KnownSigners
  /** Absent where people cannot sign in at an issuer. */
  signIn?: { providers: readonly SignInProvider[]; verifyUserToken: UserTokenVerifier } | undefined
  /** How browsers reach this control plane, where it is known; without a slash at its end. */
  publicUrl?: string | undefined
  /** The session's cookie is then sent only over https. */
  browsersUseHttps: boolean
  scoring: WorkQueue
  agentFiles: AgentFiles
}

/** Whose signatures of evidence are known. */
export interface KnownSigners {
  /** Of the key that this control plane itself signs with; null where that cannot be used. */
  ownKeyId: string | null
  /** Ids of keys that the operator trusts. */
  trustedKeyIds: readonly string[]
}

export interface Settings {
  /** How long a lease lasts between renewals. */
  jobLeaseMs: number
  /** How long after its lease ran out a running job is given up: an agent may come back from an outage. */
  jobLostGraceMs: number
  /** How long a waiter trusts wake-ups before it looks by itself. */
  pollRecheckMs: number
  /** How long a server's claim on a benchmark lasts between renewals: as long after its death another takes over. */
  benchmarkClaimMs: number
  /** How long events of finished jobs, tokens that are used up and journals of ended runs are kept. */
  retentionDays: number
  /** Networks beyond the public internet that webhooks may reach. */
  webhookNetworks: readonly string[]
  /** How long the audit log is kept. */
  auditRetentionDays: number
  /** The interval between two sweeps for expired records. */
  sweepIntervalMs: number
  /** Of streams: how often one says that it is there, and whether the session of its reader still is. */
  streamKeepAliveMs: number
  rateLimitPerMinute: number
  /** Of users without a role, in a tenant that has set none. */
  defaultRole: Role
  /** Principals (`issuer#sub`) that are admins whatever the database says. */
  admins: readonly string[]
  /** The time limit of a sign-in issuer for one answer. */
  issuerTimeoutMs: number
}

const DAY_MS = 24 * 60 * 60 * 1000

export const DEFAULT_SETTINGS: Settings = {
  jobLeaseMs: CONTROL_PLANE_LIMITS.jobLease.value,
  jobLostGraceMs: CONTROL_PLANE_LIMITS.jobLostGrace.value,
  pollRecheckMs: CONTROL_PLANE_LIMITS.pollRecheck.value,
  benchmarkClaimMs: CONTROL_PLANE_LIMITS.benchmarkClaim.value,
  retentionDays: CONTROL_PLANE_LIMITS.retention.value / DAY_MS,
  webhookNetworks: [],
  auditRetentionDays: CONTROL_PLANE_LIMITS.auditRetention.value / DAY_MS,
  sweepIntervalMs: CONTROL_PLANE_LIMITS.sweepInterval.value,
  streamKeepAliveMs: CONTROL_PLANE_LIMITS.streamKeepAlive.value,
  rateLimitPerMinute: CONTROL_PLANE_LIMITS.requestsPerMinute.value,
  defaultRole: 'admin',
  admins: [],
  issuerTimeoutMs: CONTROL_PLANE_LIMITS.issuerAnswer.value,
}
