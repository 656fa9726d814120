/**
 * The typed client of the control plane, driven by the route table. Answers are checked against the contract before
 * callers see them. Repeatable requests are retried on a broken connection, 429 and 5xx, with backoff.
 */

import type { z } from 'zod'
import { backoffDelayMs } from '../core/backoff.ts'
import { type Clock, systemClock } from '../core/clock.ts'
import { API_LIMITS } from '../core/limits/api.ts'
import { SYSTEM_LIMITS } from '../core/limits/system.ts'
import { describeNetworkError, mayHaveArrived } from '../core/network-errors.ts'
import { MAX_WRAPPED_JSON_DEPTH, OutsideJsonError, parseOutsideJson } from '../core/outside-json.ts'
import { withoutTrailingSlashes } from '../core/trailing-slashes.ts'
import { isRadixError, RadixError } from '../errors/radix-error.ts'
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
  /** Tries after the first; 4 by default if the route may be repeated, else 0. */
  retries?: number
}

export interface ClientOptions {
  baseUrl: string
  /** The value of the credential header. Called for every try, so tokens can be refreshed. Absent: none is sent. */
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

const MAX_ANSWER_BYTES = SYSTEM_LIMITS.apiAnswer.value
const ANSWER_BOUNDS = { maxCharacters: MAX_ANSWER_BYTES, maxDepth: MAX_WRAPPED_JSON_DEPTH }
const RETRIED_STATUSES = new Set([429, 500, 502, 503, 504])
const DEFAULT_TIMEOUT_MS = API_LIMITS.request.value
const RETRY_AFTER_MAXIMUM_MS = API_LIMITS.retryAfter.value

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
      // Another address must not receive the headers.
      redirect: 'error',
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      ...(signal ? { signal } : {}),
    })
  }

  async function callOnce(route: Route, request: AnyRequest, callOptions: CallOptions): Promise<unknown> {
    const timeout = AbortSignal.timeout(callOptions.timeoutMs ?? DEFAULT_TIMEOUT_MS)
    const signal = callOptions.signal ? AbortSignal.any([callOptions.signal, timeout]) : timeout
    let response: Response
    let text: string | null
    try {
      response = await send(route, request, signal)
      text = await readText(response)
    } catch (error) {
      throw callOptions.signal?.aborted ? callOptions.signal.reason : toNetworkError(baseUrl, error)
    }
    if (text === null) {
      const reason = `it is longer than ${MAX_ANSWER_BYTES} bytes`
      throw unexpectedAnswer(route, response.status, reason)
    }
    if (!response.ok) throw problemToError(response, text, { baseUrl, method: route.method, path: route.path })
    if (!route.answer) return undefined
    return parseAnswer(route, response.status, text)
  }

  function unexpectedAnswer(route: Route, status: number, reason: string, cause?: unknown): RadixError {
    const params = { api_base: baseUrl, method: route.method, path: route.path, status, reason }
    return new RadixError('API_UNEXPECTED_ANSWER', params, { cause })
  }

  function parseAnswer(route: Route, status: number, text: string): unknown {
    try {
      return route.answer && parseOutsideJson(text, route.answer, ANSWER_BOUNDS)
    } catch (error) {
      throw error instanceof OutsideJsonError ? unexpectedAnswer(route, status, error.message, error) : error
    }
  }

  return {
    baseUrl,
    async call(name, request, callOptions = {}) {
      const route: Route = ROUTES[name]
      const anyRequest = request as AnyRequest
      const repeatable = route.idempotent || (route.idempotencyKey && anyRequest.idempotencyKey)
      const retries = callOptions.retries ?? (repeatable ? API_LIMITS.retries.value : 0)
      for (let attempt = 0; ; attempt++) {
        try {
          return (await callOnce(route, anyRequest, callOptions)) as RouteAnswer<typeof name>
        } catch (error) {
          if (attempt >= retries || !mayRetry(error)) throw repeatable ? error : withDoubt(error)
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
        throw openOptions.signal?.aborted ? openOptions.signal.reason : toNetworkError(baseUrl, error)
      }
      if (!response.ok) {
        throw problemToError(response, (await readText(response)) ?? '', {
          baseUrl,
          method: route.method,
          path: route.path,
        })
      }
      return response
    },
  }
}

/** `null` if the answer is longer than any valid one: the rest is not read. */
async function readText(response: Response): Promise<string | null> {
  const reader = response.body?.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let length = 0
  for (;;) {
    const chunk = await reader?.read()
    if (!chunk || chunk.done) return text + decoder.decode()
    length += chunk.value.length
    if (length > MAX_ANSWER_BYTES) {
      await reader?.cancel().catch(() => {})
      return null
    }
    text += decoder.decode(chunk.value, { stream: true })
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

/** An error while obtaining a credential is reported as is: the control plane was not called. */
function toNetworkError(baseUrl: string, error: unknown): RadixError {
  if (error instanceof RadixError) return error
  return new RadixError('API_UNREACHABLE', { api_base: baseUrl, reason: describeNetworkError(error) }, { cause: error })
}

/** A request that arrived may have been carried out, though the connection ended before the answer. */
function withDoubt(error: unknown): unknown {
  if (!isRadixError(error, 'API_UNREACHABLE') || !mayHaveArrived(error.cause)) return error
  const why = `${error.why} The request may have been carried out all the same.`
  const fix = 'Check whether it was before you repeat the command.'
  return new RadixError('API_UNREACHABLE', {} as never, { words: { why, fix }, cause: error.cause })
}

function mayRetry(error: unknown): boolean {
  if (!(error instanceof RadixError)) return false
  if (error.code === 'API_UNREACHABLE') return true
  return RETRIED_STATUSES.has(Number(error.details.http_status))
}

function retryDelayMs(error: unknown, attempt: number): number {
  const delayMs = backoffDelayMs(attempt, {
    initialMs: API_LIMITS.firstRetry.value,
    maximumMs: API_LIMITS.longestRetry.value,
  })
  const retryAfterSeconds = error instanceof RadixError ? Number(error.details.retry_after_seconds) : Number.NaN
  return Number.isFinite(retryAfterSeconds) ? Math.min(retryAfterSeconds * 1000, RETRY_AFTER_MAXIMUM_MS) : delayMs
}
