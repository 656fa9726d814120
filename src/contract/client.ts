/**
 * The typed client of the control plane, driven by the route table. Answers are checked against the contract before
 * anybody sees them. Requests that may be repeated are repeated on a broken connection, 429 and 5xx, with backoff.
 */

import type { z } from 'zod'
import { backoffDelayMs } from '../core/backoff.ts'
import { type Clock, systemClock } from '../core/clock.ts'
import { isRedirectError } from '../core/redirect-error.ts'
import { withoutTrailingSlashes } from '../core/trailing-slashes.ts'
import { RadixError } from '../errors/radix-error.ts'
import { problemToError } from './problem.ts'
import { CREDENTIAL_HEADERS, type Route } from './route.ts'
import { ROUTES, type RouteName } from './routes.ts'

type Routes = typeof ROUTES
type Part<R, K extends string> = R extends { [key in K]: infer S extends z.ZodType } ? z.input<S> : never
type Optional<T> = undefined extends T ? Partial<Record<'value', T>> : Record<'value', T>

/** The request of a route: only the parts that the route has. */
export type RouteRequest<N extends RouteName> = (Routes[N] extends { params: z.ZodType }
  ? { params: Part<Routes[N], 'params'> }
  : unknown) &
  (Routes[N] extends { query: z.ZodType } ? { query?: Part<Routes[N], 'query'> } : unknown) &
  (Routes[N] extends { body: z.ZodType }
    ? Optional<Part<Routes[N], 'body'>> extends { value: unknown }
      ? { body: Part<Routes[N], 'body'> }
      : { body?: Part<Routes[N], 'body'> }
    : unknown) &
  (Routes[N] extends { idempotencyKey: true } ? { idempotencyKey?: string } : unknown)

export type RouteAnswer<N extends RouteName> = Routes[N] extends { answer: infer S extends z.ZodType }
  ? z.output<S>
  : undefined

export interface CallOptions {
  signal?: AbortSignal
  /** Per try; 30 s by default. A long poll adds its waiting time. */
  timeoutMs?: number
  /** Tries after the first; 4 by default where the route may be repeated, else 0. */
  retries?: number
}

export interface ClientOptions {
  baseUrl: string
  /** What goes into the credential header; called for every try, so that tokens can be refreshed. Absent: none is sent. */
  credential?: () => string | Promise<string>
  fetch?: typeof globalThis.fetch
  clock?: Clock
  userAgent?: string
  /** Sent with every request. */
  headers?: Record<string, string>
}

export interface ControlPlaneClient {
  readonly baseUrl: string
  /**
   * Calls a route. Throws `RadixError`: the problem's own code where the control plane answered with one,
   * `API_UNREACHABLE` when nothing answered, `API_UNEXPECTED_ANSWER` for an answer outside the contract;
   * rethrows `signal.reason` when aborted.
   */
  call<N extends RouteName>(name: N, request: RouteRequest<N>, options?: CallOptions): Promise<RouteAnswer<N>>
  /** Opens a streaming route and answers with the raw response, whose status is 200. */
  open<N extends RouteName>(name: N, request: RouteRequest<N>, options?: OpenOptions): Promise<Response>
}

export interface OpenOptions {
  signal?: AbortSignal
  headers?: Record<string, string>
}

interface AnyRequest {
  params?: Record<string, unknown>
  query?: Record<string, unknown>
  body?: unknown
  idempotencyKey?: string
}

const RETRIED_STATUSES = new Set([429, 500, 502, 503, 504])
const DEFAULT_TIMEOUT_MS = 30_000
const RETRY_AFTER_MAXIMUM_MS = 30_000

export function createClient(options: ClientOptions): ControlPlaneClient {
  const { fetch = globalThis.fetch, clock = systemClock } = options
  const baseUrl = withoutTrailingSlashes(options.baseUrl)

  async function send(route: Route, request: AnyRequest, signal: AbortSignal | undefined, extraHeaders = {}) {
    const headers: Record<string, string> = { accept: 'application/json', ...options.headers, ...extraHeaders }
    if (options.userAgent) headers['user-agent'] = options.userAgent
    if (request.idempotencyKey) headers['idempotency-key'] = request.idempotencyKey
    if (route.auth !== 'none' && options.credential) {
      const { header, scheme } = CREDENTIAL_HEADERS[route.auth]
      headers[header] = scheme + (await options.credential())
    }
    if (request.body !== undefined) headers['content-type'] = 'application/json'
    return fetch(baseUrl + fillPath(route.path, request.params ?? {}) + toQueryString(request.query ?? {}), {
      method: route.method,
      headers,
      // Another address must not get what is in the headers.
      redirect: 'error',
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      ...(signal ? { signal } : {}),
    })
  }

  async function callOnce(route: Route, request: AnyRequest, callOptions: CallOptions): Promise<unknown> {
    const timeout = AbortSignal.timeout(callOptions.timeoutMs ?? DEFAULT_TIMEOUT_MS)
    const signal = callOptions.signal ? AbortSignal.any([callOptions.signal, timeout]) : timeout
    let response: Response
    let text: string
    try {
      response = await send(route, request, signal)
      text = await response.text()
    } catch (error) {
      throw callOptions.signal?.aborted ? callOptions.signal.reason : unreachable(baseUrl, error)
    }
    if (!response.ok) throw problemToError(response, text, { baseUrl, method: route.method, path: route.path })
    if (!route.answer) return undefined
    return parseAnswer(route, response.status, text)
  }

  function parseAnswer(route: Route, status: number, text: string): unknown {
    const unexpected = (reason: string, cause?: unknown) =>
      new RadixError(
        'API_UNEXPECTED_ANSWER',
        { api_base: baseUrl, method: route.method, path: route.path, status, reason },
        { cause },
      )
    let json: unknown
    try {
      json = JSON.parse(text)
    } catch (error) {
      throw unexpected('it is not JSON', error)
    }
    const parsed = route.answer?.safeParse(json)
    if (parsed && !parsed.success) {
      const issue = parsed.error.issues[0]
      throw unexpected(`${issue?.path.join('.') || 'body'}: ${issue?.message}`)
    }
    return parsed?.data
  }

  return {
    baseUrl,
    async call(name, request, callOptions = {}) {
      const route: Route = ROUTES[name]
      const anyRequest = request as AnyRequest
      const repeatable = route.idempotent || (route.idempotencyKey && anyRequest.idempotencyKey)
      const retries = callOptions.retries ?? (repeatable ? 4 : 0)
      for (let attempt = 0; ; attempt++) {
        try {
          return (await callOnce(route, anyRequest, callOptions)) as RouteAnswer<typeof name>
        } catch (error) {
          if (attempt >= retries || !mayRetry(error)) throw error
          await clock.sleep(retryDelayMs(error, attempt), callOptions.signal)
        }
      }
    },
    async open(name, request, openOptions = {}) {
      const route: Route = ROUTES[name]
      let response: Response
      try {
        response = await send(route, request as AnyRequest, openOptions.signal, {
          accept: 'text/event-stream',
          ...openOptions.headers,
        })
      } catch (error) {
        throw openOptions.signal?.aborted ? openOptions.signal.reason : unreachable(baseUrl, error)
      }
      if (!response.ok) {
        throw problemToError(response, await response.text(), { baseUrl, method: route.method, path: route.path })
      }
      return response
    },
  }
}

function fillPath(path: string, params: Record<string, unknown>): string {
  return path.replaceAll(/\{([a-z_]+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])))
}

function toQueryString(query: Record<string, unknown>): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value))
  const text = search.toString()
  return text && `?${text}`
}

function unreachable(baseUrl: string, error: unknown): RadixError {
  return new RadixError('API_UNREACHABLE', { api_base: baseUrl, reason: describeNetworkError(error) }, { cause: error })
}

/** `fetch` hides what happened in `cause`; a timeout is a DOMException. */
function describeNetworkError(error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') return 'it did not answer in time'
  if (isRedirectError(error)) {
    return 'it sends to another address, and credentials are not sent on; use that address itself'
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (cause instanceof AggregateError && cause.errors[0] instanceof Error) return cause.errors[0].message
  return cause instanceof Error ? cause.message : String(cause)
}

function mayRetry(error: unknown): boolean {
  if (!(error instanceof RadixError)) return false
  if (error.code === 'API_UNREACHABLE' || error.code === 'IDEMPOTENCY_KEY_IN_PROGRESS') return true
  return RETRIED_STATUSES.has(Number(error.details.http_status))
}

function retryDelayMs(error: unknown, attempt: number): number {
  const delayMs = backoffDelayMs(attempt, { initialMs: 100, maximumMs: 5000 })
  const retryAfterSeconds = error instanceof RadixError ? Number(error.details.retry_after_seconds) : Number.NaN
  return Number.isFinite(retryAfterSeconds) ? Math.min(retryAfterSeconds * 1000, RETRY_AFTER_MAXIMUM_MS) : delayMs
}
