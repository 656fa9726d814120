/**
 * `fetch` for a document from outside: bounded in time and size, without redirects (headers would go along), and again
 * with back-off where the other side is busy or does not answer. Streams and the control plane have clients of their own.
 */
import { backoffDelayMs } from './backoff.ts'
import { type Clock, systemClock } from './clock.ts'
import { isRedirectError } from './redirect-error.ts'

export interface BoundedFetchOptions {
  headers?: Record<string, string>
  /** For each try: connection, headers and body. */
  timeoutMs: number
  maxBytes: number
  /** Tries after the first; none by default. */
  retries?: number
  fetch?: typeof globalThis.fetch
  clock?: Clock
}

export interface BoundedAnswer {
  status: number
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

const BACKOFF = { initialMs: 500, maximumMs: 8000 }

/** Throws `StatusError`, and whatever `fetch` throws. */
export async function boundedFetch(url: string | URL, options: BoundedFetchOptions): Promise<BoundedAnswer> {
  const { retries = 0, clock = systemClock } = options
  for (let attempt = 0; ; attempt++) {
    try {
      return await fetchOnce(url, options)
    } catch (error) {
      if (attempt >= retries || !mayPass(error)) throw error
      await clock.sleep(backoffDelayMs(attempt, BACKOFF))
    }
  }
}

async function fetchOnce(url: string | URL, options: BoundedFetchOptions): Promise<BoundedAnswer> {
  const { fetch = globalThis.fetch, headers = {}, timeoutMs, maxBytes } = options
  const response = await fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) })
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
  return { status: response.status, bytes: Buffer.concat(chunks) }
}

/** 429, 5xx, time-outs and broken connections may pass; a refusal or an oversized answer will not change. */
function mayPass(error: unknown): boolean {
  if (error instanceof StatusError) return error.status === 429 || error.status >= 500
  return !(error instanceof TooLargeError) && !isRedirectError(error)
}
