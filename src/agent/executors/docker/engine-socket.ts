/** One request to the Docker engine over its Unix socket, bounded in time and size. */
import { type IncomingMessage, request } from 'node:http'
import { z } from 'zod'
import { endSentence } from '../../../core/format.ts'
import { AGENT_LIMITS } from '../../../core/limits/agent.ts'
import { OutsideJsonError, tryParseOutsideJson } from '../../../core/outside-json.ts'
import { readLines } from '../../../core/read-lines.ts'
import { RadixError } from '../../../errors/radix-error.ts'
import { EngineRefusal } from './engine-errors.ts'

export interface EngineRequest {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  body?: unknown
  /** How long the engine may send nothing. */
  silenceMs?: number
  /** How long the answer may take as a whole; null for a stream that ends with its container. */
  totalMs?: number | null
  signal?: AbortSignal
}

export const ANSWER_BOUNDS = { maxCharacters: AGENT_LIMITS.engineAnswerSize.value }
const Refusal = z.object({ message: z.string() })

/** The engine did not answer in time. */
export class EngineTooSlow extends Error {}

/** The body of an answer as a stream. Throws `CONTAINER_ENGINE_UNREACHABLE` if it breaks off or takes too long. */
export class EngineAnswer implements AsyncIterable<Buffer> {
  readonly #socketPath: string
  readonly #message: IncomingMessage

  constructor(socketPath: string, message: IncomingMessage) {
    this.#socketPath = socketPath
    this.#message = message
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      yield* this.#message
    } catch (error) {
      throw unreachable(this.#socketPath, error)
    }
  }

  async readText(): Promise<string> {
    const chunks: Buffer[] = []
    let sizeBytes = 0
    for await (const chunk of this) {
      sizeBytes += chunk.length
      if (sizeBytes > ANSWER_BOUNDS.maxCharacters) {
        throw new OutsideJsonError('too-long', "the engine's answer is too long")
      }
      chunks.push(chunk)
    }
    return Buffer.concat(chunks).toString('utf8')
  }

  /** However many there are; each is bounded. */
  readLines(): AsyncGenerator<string> {
    return readLines(this, ANSWER_BOUNDS)
  }
}

/** Throws `CONTAINER_ENGINE_UNREACHABLE` or an `EngineRefusal`. */
export function send(socketPath: string, engineRequest: EngineRequest): Promise<EngineAnswer> {
  const { value: usualMs } = AGENT_LIMITS.engineAnswer
  const { method, path, body, silenceMs = usualMs, totalMs = usualMs, signal } = engineRequest
  const text = body === undefined ? '' : JSON.stringify(body)
  const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }
  const options = { socketPath, method, path, headers, timeout: silenceMs, agent: false, ...(signal ? { signal } : {}) }
  return new Promise((resolve, reject) => {
    let message: IncomingMessage | undefined
    const giveUp = (reason: string) => {
      message?.destroy(new EngineTooSlow(reason))
      outgoing.destroy(new EngineTooSlow(reason))
    }
    const outgoing = request(options, (incoming) => {
      message = incoming
      const status = incoming.statusCode ?? 0
      const answer = new EngineAnswer(socketPath, incoming)
      if (status < 400) return resolve(answer)
      answer.readText().then((refusal) => reject(new EngineRefusal(status, readRefusal(refusal))), reject)
    })
    const timer =
      totalMs === null ? undefined : setTimeout(() => giveUp(`it did not end within ${totalMs / 1000} s`), totalMs)
    outgoing.on('timeout', () => giveUp(`it sent nothing for ${silenceMs / 1000} s`))
    outgoing.on('error', (error) => reject(unreachable(socketPath, error)))
    outgoing.on('close', () => clearTimeout(timer))
    outgoing.end(text)
  })
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such socket.',
  ECONNREFUSED: 'No engine listens there.',
  EACCES: 'This user may not use the socket.',
}

function unreachable(socketPath: string, cause: unknown): RadixError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const reason = REASONS[code] ?? endSentence(cause instanceof Error ? cause.message : String(cause))
  return new RadixError('CONTAINER_ENGINE_UNREACHABLE', { socket: socketPath, reason }, { cause })
}

function readRefusal(text: string): string {
  return tryParseOutsideJson(text, Refusal, ANSWER_BOUNDS)?.message ?? text
}
