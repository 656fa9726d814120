/**
 * The definition of a route. The table in `routes.ts` drives server, client, OpenAPI and the authorisation matrix test.
 */
import type { z } from 'zod'
import type { Role } from './roles.ts'

/** The credential of the caller: none, a user's JWT, an onboarding token, a cluster token, an API key. */
export type Credential = 'none' | 'user' | 'onboarding' | 'cluster' | 'api_key'

/**
 * The browser sends the session cookie by itself. Requests that change something must also carry this header, which
 * other sites cannot send.
 */
export const CSRF_HEADER = 'x-radix-csrf'

/** The header that carries each credential, and the words for it. */
export const CREDENTIAL_HEADERS = {
  user: { header: 'authorization', scheme: 'Bearer ', words: 'a user token (Authorization: Bearer)' },
  onboarding: { header: 'x-radix-one-time-token', scheme: '', words: 'an onboarding token (X-Radix-One-Time-Token)' },
  cluster: { header: 'x-radix-cluster-token', scheme: '', words: 'a cluster token (X-Radix-Cluster-Token)' },
  api_key: { header: 'x-radix-api-key', scheme: '', words: 'an API key (x-radix-api-key)' },
} as const satisfies Record<Exclude<Credential, 'none'>, { header: string; scheme: string; words: string }>

/** A route does not compile without the role that it needs, and what it writes to the audit log. */
export type Route = RouteParts & Access & Effect

/** A user or an API key has a role; the other credentials are each for one purpose. */
type Access =
  | { auth: 'user' | 'api_key' /** The lowest role that may call it. */; role: Role }
  | { auth: Exclude<Credential, 'user' | 'api_key'>; role?: never }

/** Null: reports of agents, runs and reapers, and requests that change nothing. */
type Effect =
  | { method: 'GET'; audit?: AuditRule }
  | { method: 'POST' | 'PUT' | 'PATCH' | 'DELETE'; audit: AuditRule | null }

/** What the audit log says of a request that succeeded. */
export interface AuditRule {
  /** `<what>.<done to it>`; permanent. */
  action: string
  /** The member that names what was changed: of the path, the answer or the body, in this order. */
  target?: string
  /** Members of the body that are recorded; never a secret. */
  details?: readonly string[]
  /** The handler writes it: it knows more than the request, or waits for another server before it begins. */
  isByHandler?: true
}

interface RouteParts {
  /** OpenAPI style: `/v1/clusters/{cluster_id}`. */
  path: string
  summary: string
  tag:
    | 'auth'
    | 'members'
    | 'audit'
    | 'webhooks'
    | 'clusters'
    | 'agents'
    | 'agent-program'
    | 'jobs'
    | 'runs'
    | 'machines'
    | 'baselines'
    | 'budget'
    | 'telemetry'
    | 'api-keys'
    | 'system'
  params?: z.ZodObject
  query?: z.ZodObject
  body?: z.ZodType
  /** The body of the success answer; absent for 204, for streams, for files and for redirects. */
  answer?: z.ZodType
  /** The status of success. */
  status: 200 | 201 | 204 | 302
  /**
   * Also accepts the token of a run, for that run, the clusters that it created, and the jobs of its assigned cluster.
   */
  takesRunTokens?: true
  /** Takes an `Idempotency-Key` header: repeating it answers the same. */
  idempotencyKey?: true
  /** Repeating the request changes nothing more, so the client may retry by itself. */
  idempotent?: true
  /** Answers with server-sent events. */
  stream?: true
  /** Answers with a file, with its own type and caching, instead of JSON. */
  file?: true
  /**
   * A browser navigates there and is redirected: to a page, or to the issuer; after an error, to the page that reports
   * it.
   */
  redirect?: true
  /** Largest body in bytes; 64 KiB if absent. */
  bodyLimitBytes?: number
  /** Requests per minute and credential; the server's default if absent. */
  rateLimitPerMinute?: number
  /** Never rate-limited: a flood from the address of a probe must not make the server look dead. */
  unlimited?: true
}
