/**
 * Follows a job to its end over the live stream. A broken stream resumes after the last event. A stream that ends or
 * falls silent is checked against the job itself.
 */
import { ParseError } from 'eventsource-parser'
import type { ControlPlaneClient } from '../contract/client.ts'
import { Job, JobEvent } from '../contract/schemas/job.ts'
import type { WorkloadProgress } from '../contract/schemas/workload.ts'
import { backoffDelayMs } from '../core/backoff.ts'
import type { Clock } from '../core/clock.ts'
import { HARNESS_LIMITS } from '../core/limits/harness.ts'
import { MAX_WRAPPED_JSON_DEPTH, tryParseOutsideJson } from '../core/outside-json.ts'
import { isFinal, JOB_TRANSITIONS } from '../core/transitions.ts'
import { RadixError } from '../errors/radix-error.ts'
import { parseServerSentEvents } from './sse.ts'
import { isOutage } from './wait.ts'

export interface FollowOptions {
  client: ControlPlaneClient
  clock: Clock
  signal: AbortSignal
  onProgress: (progress: WorkloadProgress) => void
  /** The job is read again after this long without an event. */
  silenceMs?: number
}

/** Answers with the job in its final state. Rejects with the signal's reason, or when the control plane refuses. */
export async function followJob(clusterId: string, jobId: string, options: FollowOptions): Promise<Job> {
  const params = { cluster_id: clusterId, job_id: jobId }
  let lastEventId: string | null = null
  for (let failures = 0; ; failures++) {
    try {
      for await (const message of streamJob(params, lastEventId, options)) {
        failures = 0
        lastEventId = message.id ?? lastEventId
        if (message.job && isFinal(JOB_TRANSITIONS, message.job.status)) return message.job
        if (message.progress) options.onProgress(message.progress)
      }
    } catch (error) {
      options.signal.throwIfAborted()
      if (!isBrokenStream(error) && !isOutage(error)) throw error
    }
    const job = await readJob(params, options)
    if (job && isFinal(JOB_TRANSITIONS, job.status)) return job
    await options.clock.sleep(backoffDelayMs(failures, { initialMs: 100, maximumMs: 3000 }), options.signal)
  }
}

interface StreamMessage {
  id: string | null
  job?: Job
  progress?: WorkloadProgress
}

async function* streamJob(
  params: { cluster_id: string; job_id: string },
  lastEventId: string | null,
  options: FollowOptions,
): AsyncGenerator<StreamMessage> {
  const silence = new SilenceGuard(options)
  try {
    const response = await options.client.open(
      'streamJob',
      { params },
      { signal: silence.signal, ...(lastEventId === null ? {} : { headers: { 'last-event-id': lastEventId } }) },
    )
    if (!response.body) return
    for await (const { event, data, id } of parseServerSentEvents(response.body)) {
      silence.heard()
      yield { id, ...parseMessage(event, data) }
    }
  } finally {
    silence.dispose()
  }
}

/** Events are named `job`, or by the kind of the job event that they carry. Others are ignored. */
function parseMessage(event: string, data: string): Pick<StreamMessage, 'job' | 'progress'> {
  const bounds = { maxCharacters: HARNESS_LIMITS.streamEvent.value, maxDepth: MAX_WRAPPED_JSON_DEPTH }
  if (event === 'job') {
    const job = tryParseOutsideJson(data, Job, bounds)
    return job ? { job } : {}
  }
  const jobEvent = tryParseOutsideJson(data, JobEvent, bounds)
  return jobEvent?.kind === 'progress' ? { progress: jobEvent.data } : {}
}

async function readJob(
  params: { cluster_id: string; job_id: string },
  options: FollowOptions,
): Promise<Job | undefined> {
  try {
    return await options.client.call('getJob', { params }, { signal: options.signal })
  } catch (error) {
    options.signal.throwIfAborted()
    if (isOutage(error)) return undefined
    throw error
  }
}

class StreamSilent extends Error {}

/** `fetch` reports a connection that broke as a TypeError. A stream that is past its limit is handled like one. */
function isBrokenStream(error: unknown): boolean {
  if (error instanceof RadixError) return false
  if (error instanceof StreamSilent || error instanceof ParseError || error instanceof TypeError) return true
  return error instanceof Error && 'code' in error
}

/** Aborts after too long a silence, or with the given signal. */
class SilenceGuard {
  readonly #controller = new AbortController()
  readonly #disposed = new AbortController()
  readonly #clock: Clock
  readonly #silenceMs: number
  readonly #outer: AbortSignal
  #heardMs: number

  constructor({ clock, signal, silenceMs = HARNESS_LIMITS.streamSilence.value }: FollowOptions) {
    this.#clock = clock
    this.#silenceMs = silenceMs
    this.#outer = signal
    this.#heardMs = clock.monotonicMs()
    signal.addEventListener('abort', this.#abortWithOuter)
    if (signal.aborted) this.#abortWithOuter()
    void this.#watch()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  heard(): void {
    this.#heardMs = this.#clock.monotonicMs()
  }

  dispose(): void {
    this.#outer.removeEventListener('abort', this.#abortWithOuter)
    this.#disposed.abort()
    this.#controller.abort(new StreamSilent('the stream is no longer read'))
  }

  readonly #abortWithOuter = () => this.#controller.abort(this.#outer.reason)

  async #watch(): Promise<void> {
    for (;;) {
      const leftMs = this.#heardMs + this.#silenceMs - this.#clock.monotonicMs()
      if (leftMs <= 0) return this.#controller.abort(new StreamSilent(`nothing arrived for ${this.#silenceMs} ms`))
      try {
        await this.#clock.sleep(leftMs, this.#disposed.signal)
      } catch {
        return
      }
    }
  }
}
