/**
 * A relay over two documents that are replaced with PUT and read with GET, such as objects behind presigned addresses. The
 * addresses are all that an end needs to know: they allow nothing else.
 */
import { type BoundedFetchOptions, boundedFetch, StatusError } from '../core/bounded-fetch.ts'
import { INTERVALS } from '../core/limits/intervals.ts'
import { RELAY_LIMITS } from '../core/limits/relay.ts'
import type { RelayTransport } from './transport.ts'

export interface RelayAddresses {
  readUrl: string
  writeUrl: string
}

const PAUSE_MS = { busy: INTERVALS.relayBusy.value, idle: INTERVALS.relayIdle.value }

export function createUrlTransport(
  { readUrl, writeUrl }: RelayAddresses,
  fetch?: typeof globalThis.fetch,
): RelayTransport {
  const options: BoundedFetchOptions = {
    timeoutMs: RELAY_LIMITS.transfer.value,
    maxBytes: RELAY_LIMITS.message.value,
    ...(fetch ? { fetch } : {}),
  }
  let etag: string | null = null
  return {
    pauseMs: PAUSE_MS,
    async write(body, signal) {
      await boundedFetch(writeUrl, { ...options, body, signal })
    },
    async read(signal) {
      const answer = await readDocument(readUrl, { ...options, signal, headers: etag ? { 'if-none-match': etag } : {} })
      if (answer) etag = answer.etag
      return answer?.bytes
    },
  }
}

/** Undefined if there is no document, or no other than the one of the header `if-none-match`. */
export async function readDocument(url: string, options: BoundedFetchOptions) {
  try {
    return await boundedFetch(url, options)
  } catch (error) {
    if (error instanceof StatusError && (error.status === 304 || error.status === 404)) return undefined
    throw error
  }
}
