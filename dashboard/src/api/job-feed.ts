/**
 * One job as it happens: the server's stream of it, gathered and handed on a few times a second. A stream that breaks is
 * opened again, by the browser or from here; what came before is known by its sequence, so that nothing is there twice.
 * While nobody looks at the page the stream is closed: a browser has few connections for one server.
 */

import { ROUTES } from '../../../src/contract/routes.ts'
import { type GpuSample, Job, JobEvent } from '../../../src/contract/schemas/job.ts'
import type { WorkloadProgress } from '../../../src/contract/schemas/workload.ts'
import { isFinal, JOB_TRANSITIONS } from '../../../src/core/transitions.ts'

export interface LogLine {
  sequence: number
  at: string
  stream: 'stdout' | 'stderr' | 'agent'
  line: string
}

export interface FeedState {
  /** `broken` while it is opened again; `ended` once the job has, and all of it is here. */
  connection: 'connecting' | 'live' | 'broken' | 'ended'
  job: Job | undefined
  progress: readonly WorkloadProgress[]
  log: readonly LogLine[]
  samples: readonly (GpuSample & { atMs: number })[]
}

export interface JobFeed {
  read(): FeedState
  subscribe(listener: () => void): () => void
}

export interface JobAddress {
  clusterId: string
  jobId: string
}

const PUBLISH_MS = 250
const REOPEN_MS = 3000
const MAXIMUM = { progress: 5000, log: 2000, samples: 60_000 }

/** `onRefused`: the server did not want to open it; whether that is for want of a session is for others to find out. */
export function createJobFeed(address: JobAddress, onRefused: () => void): JobFeed {
  const listeners = new Set<() => void>()
  let state: FeedState = { connection: 'connecting', job: undefined, progress: [], log: [], samples: [] }
  const gathered = { ...state, progress: [...state.progress], log: [...state.log], samples: [...state.samples] }
  let lastSequence = 0
  let source: EventSource | undefined
  let publishing: ReturnType<typeof setTimeout> | undefined
  let reopening: ReturnType<typeof setTimeout> | undefined

  function publish(): void {
    publishing ??= setTimeout(() => {
      publishing = undefined
      const { progress, log, samples } = gathered
      state = { ...gathered, progress: [...progress], log: [...log], samples: [...samples] }
      for (const listener of listeners) listener()
    }, PUBLISH_MS)
  }

  function takeJob({ data }: MessageEvent<string>): void {
    const job = Job.safeParse(parseJson(data)).data
    if (!job) return
    gathered.job = job
    if (isFinal(JOB_TRANSITIONS, job.status)) {
      gathered.connection = 'ended'
      close()
    }
    publish()
  }

  function takeEvent({ data }: MessageEvent<string>): void {
    const event = JobEvent.safeParse(parseJson(data)).data
    if (!event || event.sequence <= lastSequence) return
    lastSequence = event.sequence
    if (event.kind === 'progress') gathered.progress.push(event.data)
    else if (event.kind === 'log') gathered.log.push({ sequence: event.sequence, at: event.at, ...event.data })
    else gathered.samples.push({ ...event.data, atMs: Date.parse(event.at) })
    for (const name of ['progress', 'log', 'samples'] as const) trim(gathered[name], MAXIMUM[name])
    publish()
  }

  function open(): void {
    if (source || gathered.connection === 'ended' || document.hidden) return
    const opened = new EventSource(streamUrl(address))
    opened.addEventListener('job', takeJob)
    opened.addEventListener('job_event', takeEvent)
    opened.onopen = () => {
      gathered.connection = 'live'
      publish()
    }
    opened.onerror = () => {
      gathered.connection = 'broken'
      publish()
      if (opened.readyState !== EventSource.CLOSED) return // the browser tries again
      close()
      onRefused()
      reopening = setTimeout(open, REOPEN_MS)
    }
    source = opened
  }

  function close(): void {
    clearTimeout(reopening)
    source?.close()
    source = undefined
  }

  const onVisibility = () => (document.hidden ? close() : open())

  return {
    read: () => state,
    subscribe(listener) {
      listeners.add(listener)
      document.addEventListener('visibilitychange', onVisibility)
      open()
      publish()
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        document.removeEventListener('visibilitychange', onVisibility)
        clearTimeout(publishing)
        publishing = undefined
        close()
      }
    },
  }
}

function streamUrl({ clusterId, jobId }: JobAddress): string {
  return ROUTES.streamJob.path
    .replace('{cluster_id}', encodeURIComponent(clusterId))
    .replace('{job_id}', encodeURIComponent(jobId))
}

/** The oldest go, some at a time. */
function trim(list: unknown[], maximum: number): void {
  if (list.length > maximum * 1.1) list.splice(0, list.length - maximum)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
