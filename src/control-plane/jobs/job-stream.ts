/** Follows a job live: a snapshot, then every event in order, then the final job. */
import { Readable } from 'node:stream'
import type { JobEvent } from '../../contract/schemas/job.ts'
import { isFinal, JOB_TRANSITIONS } from '../../core/transitions.ts'
import type { App } from '../app.ts'
import { createWaiter } from '../events/wait-for-wake.ts'
import { LIST_ITEMS_BYTES } from '../store/pagination.ts'
import { getJob, type JobAddress, readJobEvents } from './jobs.ts'

const EVENTS_PER_READ = 500

/**
 * The text of the stream, until the job has ended or `stopped`. A slow reader also slows the database reads, so nothing
 * piles up.
 */
export async function openJobStream(
  app: App,
  address: JobAddress,
  afterSequence: number,
  stopped: AbortSignal,
): Promise<Readable> {
  await getJob(app.db, address) // an unknown job is refused before the stream begins
  return Readable.from(followJob(app, address, afterSequence, stopped))
}

async function* followJob(app: App, address: JobAddress, afterSequence: number, stopped: AbortSignal) {
  // Subscribed before the snapshot: a change in between wakes the first wait.
  const waiter = createWaiter(app.bus, `job:${address.jobId}`)
  app.metrics.openStreams.inc()
  try {
    let lastSequence = afterSequence
    let lastShown = ''
    let lastSentMs = performance.now()
    for (;;) {
      // The job is read before its events, so all events of an ended job follow it.
      const job = await getJob(app.db, address)
      const ended = isFinal(JOB_TRANSITIONS, job.status)
      const state = `${job.status} ${job.cancel_requested}`
      let text = ''
      if (state !== lastShown && !ended) text += renderMessage('job', job)
      lastShown = state
      for (;;) {
        const events = await readJobEvents(app.db, address.jobId, {
          after_sequence: lastSequence,
          limit: EVENTS_PER_READ,
        })
        for (const event of events) text += renderEvent(event)
        lastSequence = events.at(-1)?.sequence ?? lastSequence
        // A batch may be short because its events are long.
        if (events.length < EVENTS_PER_READ && Buffer.byteLength(text) < LIST_ITEMS_BYTES / 2) break
        yield text
        text = ''
      }
      if (ended) text += renderMessage('job', job)
      if (!text && performance.now() - lastSentMs >= app.settings.streamKeepAliveMs) text = ': still here\n\n'
      if (text) {
        lastSentMs = performance.now()
        yield text
      }
      if (ended || stopped.aborted) return
      await waiter.wait(app.settings.pollRecheckMs, stopped)
      if (stopped.aborted) return
    }
  } finally {
    waiter.close()
    app.metrics.openStreams.dec()
  }
}

function renderEvent(event: JobEvent): string {
  return `id: ${event.sequence}\n${renderMessage('job_event', event)}`
}

function renderMessage(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}
