import { expect, it } from 'vitest'
import { createClient } from '../contract/client.ts'
import type { Job } from '../contract/schemas/job.ts'
import type { WorkloadProgress } from '../contract/schemas/workload.ts'
import type { Clock } from '../core/clock.ts'
import { HARNESS_LIMITS } from '../core/limits/harness.ts'
import { job } from '../evidence/testing/facts.ts'
import { followJob } from './follow-job.ts'

const RUNNING = job(1, { status: 'running', finished_at: null })
const ENDED = job(1)

function progress(step: number): WorkloadProgress {
  return {
    schema: 'radix.progress/v2',
    phase: 'timed',
    epoch: null,
    step,
    total_steps: 9,
    throughput: null,
    elapsed_seconds: step,
    loss: null,
  }
}

const progressEvent = (step: number) => {
  const event = { kind: 'progress', sequence: step, at: RUNNING.created_at, data: progress(step) }
  return `id: ${step}\nevent: job_event\ndata: ${JSON.stringify(event)}\n\n`
}
const jobEvent = (data: Job) => `event: job\ndata: ${JSON.stringify(data)}\n\n`

/** A stream that sends the text and then breaks like a connection. */
function broken(...texts: string[]): Response {
  const chunks = texts.map((text) => new TextEncoder().encode(text))
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const next = chunks.shift()
    if (next) controller.enqueue(next)
    else controller.error(new TypeError('terminated'))
  }
  // Nothing is buffered: a stream that breaks drops its buffer.
  return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }))
}

/** Follows a job with the given streams, one after the other. The job itself always reads as running. */
async function follow(...streams: Response[]) {
  const opened: (string | null)[] = []
  const steps: unknown[] = []
  const missing = new AbortController()
  const clock: Clock = {
    now: () => new Date(0),
    monotonicMs: () => 0,
    // The silence timeout is longer than the pause between two streams.
    sleep: (durationMs, signal) =>
      durationMs < HARNESS_LIMITS.streamSilence.value
        ? Promise.resolve()
        : new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true })),
  }
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    if (!request.headers.get('accept')?.includes('event-stream')) return Response.json(RUNNING)
    opened.push(request.headers.get('last-event-id'))
    const stream = streams.shift()
    if (!stream) missing.abort(new Error('no stream left'))
    return stream ?? Response.error()
  }
  const ended = await followJob('cl_1', 'job_1', {
    client: createClient({ baseUrl: 'http://api/', credential: () => 'token', fetch, clock }),
    clock,
    signal: missing.signal,
    onProgress: ({ step }) => steps.push(step),
  })
  return { ended, steps, opened }
}

it('reopens a broken stream after the last complete event', async () => {
  const half = progressEvent(3).slice(0, 40)
  const first = broken(jobEvent(RUNNING), progressEvent(1), progressEvent(2), half)
  const { ended, steps, opened } = await follow(first, broken(progressEvent(3), jobEvent(ENDED)))
  expect(ended).toEqual(ENDED)
  expect(steps).toEqual([1, 2, 3])
  expect(opened).toEqual([null, '2'])
})

it('reopens a stream whose event exceeds the limit', async () => {
  const part = 'x'.repeat(HARNESS_LIMITS.streamEvent.value / 4)
  const endless = broken(progressEvent(1), 'data: ', ...Array<string>(8).fill(part), '\n\n', jobEvent(ENDED))
  const { ended, opened } = await follow(endless, new Response(jobEvent(ENDED)))
  expect(ended).toEqual(ENDED)
  expect(opened).toEqual([null, '1'])
})
