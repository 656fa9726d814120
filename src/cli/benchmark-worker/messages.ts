/**
 * The messages between the benchmark thread and the server's main thread. The benchmark thread has no database: it asks
 * the server to read and write.
 */

import type { BenchmarkRequest } from '../../control-plane/runs/benchmark-claims.ts'
import type { BenchmarkQueue } from '../../control-plane/server.ts'
import { isRadixError, RadixError } from '../../errors/radix-error.ts'
import type { ErrorCode } from '../../errors/table.ts'

export type QueueMethod = Exclude<keyof BenchmarkQueue, 'claimMs' | 'claim'>

export type ToThread =
  | { type: 'run'; request: BenchmarkRequest }
  | { type: 'stop'; reason: string }
  | { type: 'answer'; id: number; value: unknown }
  | { type: 'refusal'; id: number; error: SentError }

export type FromThread =
  | { type: 'call'; id: number; method: QueueMethod; args: unknown[] }
  | { type: 'log'; level: 'debug' | 'info' | 'warn' | 'error'; fields: object; message: string }
  | { type: 'ended'; runId: string }

/** What the thread is started with. */
export interface ThreadData {
  url: string
  claimMs: number
  dataDir: string
  handsOver: boolean
}

/** An error in transit: a structured clone would lose its class and code. */
export type SentError =
  | { code: ErrorCode; why: string; fix: string; details: Record<string, unknown> }
  | { code: null; message: string; stack: string | undefined }

export function sendError(error: unknown): SentError {
  if (isRadixError(error)) return { code: error.code, why: error.why, fix: error.fix, details: error.details }
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  return { code: null, message, stack }
}

export function receiveError(sent: SentError): Error {
  if (sent.code === null) return Object.assign(new Error(sent.message), { stack: sent.stack })
  const { code, why, fix, details } = sent
  return new RadixError<ErrorCode>(code, {} as never, { details, words: { why, fix } })
}
