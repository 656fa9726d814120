/**
 * `fetch` for a document from outside: bounded in time and size, without redirects (headers would go along), and again
 * with back-off where the other side is busy or does not answer. Streams and the control plane have clients of their own.
 */
import { type BackoffOptions, backoffDelayMs } from './backoff.ts'
import { type Clock, systemClock } from './clock.ts'
import { isUnexpectedRedirect } from './network-errors.ts'

export interface BoundedFetchOptions {
  headers?: Record<string, string>
  /** Sent with PUT, which replaces a document; without it, the document is read. */
  body?: Uint8Array<ArrayBuffer>
  /** For each try: connection, headers and body. */
  timeoutMs: number
  maxBytes: number
  /** Tries after the first; none by default. */
  retries?: number
  /** For all tries and the pauses between them. */
  totalMs?: number
  /** The pauses; 0.5 s to 8 s by default. */
  backoff?: BackoffOptions
  fetch?: typeof globalThis.fetch
  clock?: Clock
  signal?: AbortSignal
}

export interface BoundedAnswer {
  status: number
  contentType: string | null
  /** The version of the document, if the other side names one. */
  etag: string | null
  bytes: Uint8Array
}

/** The other side answered, with a status other than success. */
export class StatusError extends Error {
  readonly status: number

  constructor(status: number) {
    super(`it answered ${status}`)
    this.status = status
  }
}

class TooLargeError extends Error {}

const DEFAULT_BACKOFF = { initialMs: 500, maximumMs: 8000 }

/** Throws `StatusError`, and whatever `fetch` throws. */
export async function boundedFetch(url: string | URL, options: BoundedFetchOptions): Promise<BoundedAnswer> {
  const { retries = 0, totalMs = Number.POSITIVE_INFINITY, backoff = DEFAULT_BACKOFF, clock = systemClock } = options
  const endsAtMs = clock.monotonicMs() + totalMs
  for (let attempt = 0; ; attempt++) {
    const leftMs = Math.ceil(endsAtMs - clock.monotonicMs())
    try {
      return await fetchOnce(url, { ...options, timeoutMs: Math.min(options.timeoutMs, leftMs) })
    } catch (error) {
      if (attempt >= retries || options.signal?.aborted || !mayPass(error)) throw error
      const delayMs = backoffDelayMs(attempt, backoff)
      if (clock.monotonicMs() + delayMs >= endsAtMs) throw error
      await clock.sleep(delayMs, options.signal)
    }
  }
}

async function fetchOnce(url: string | URL, options: BoundedFetchOptions): Promise<BoundedAnswer> {
  const { fetch = globalThis.fetch, headers = {}, body, timeoutMs, maxBytes } = options
  const timeout = AbortSignal.timeout(timeoutMs)
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout
  const put = body ? { method: 'PUT', body } : {}
  const response = await fetch(url, { headers, redirect: 'error', signal, ...put })
  if (!response.ok) {
    await response.body?.cancel()
    throw new StatusError(response.status)
  }
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > maxBytes) throw new TooLargeError(`its answer is longer than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  const contentType = response.headers.get('content-type')
  return { status: response.status, contentType, etag: response.headers.get('etag'), bytes: Buffer.concat(chunks) }
}

/** 429, 5xx, time-outs and broken connections may pass; a refusal or an oversized answer will not change. */
function mayPass(error: unknown): boolean {
  if (error instanceof StatusError) return error.status === 429 || error.status >= 500
  return !(error instanceof TooLargeError) && !isUnexpectedRedirect(error)
}
