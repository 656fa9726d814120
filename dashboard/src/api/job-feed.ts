/**
 * One job as it happens: the server's stream of it, gathered and handed on a few times a second. A stream that was opened again
 * begins anew; what came before is known by its sequence, so that nothing is there twice.
 */

import { ROUTES } from '../../../src/contract/routes.ts'
import { type GpuSample, Job, JobEvent } from '../../../src/contract/schemas/job.ts'
import type { WorkloadProgress } from '../../../src/contract/schemas/workload.ts'
import { DASHBOARD_LIMITS } from '../../../src/core/limits/dashboard.ts'
import { INTERVALS } from '../../../src/core/limits/intervals.ts'
import { isFinal, JOB_TRANSITIONS } from '../../../src/core/transitions.ts'
import { readMessage } from './outside.ts'
import { createWatchedStream } from './watched-stream.ts'

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

const PUBLISH_MS = INTERVALS.jobFeed.value
const MAXIMUM = {
  progress: DASHBOARD_LIMITS.progressKept.value,
  log: DASHBOARD_LIMITS.logLinesKept.value,
  samples: DASHBOARD_LIMITS.samplesKept.value,
}

export function createJobFeed(address: JobAddress, onRefused: () => void): JobFeed {
  const listeners = new Set<() => void>()
  let state: FeedState = { connection: 'connecting', job: undefined, progress: [], log: [], samples: [] }
  const gathered = { ...state, progress: [...state.progress], log: [...state.log], samples: [...state.samples] }
  let lastSequence = 0
  let publishing: ReturnType<typeof setTimeout> | undefined

  function publish(): void {
    publishing ??= setTimeout(() => {
      publishing = undefined
      const { progress, log, samples } = gathered
      state = { ...gathered, progress: [...progress], log: [...log], samples: [...samples] }
      for (const listener of listeners) listener()
    }, PUBLISH_MS)
  }

  function takeJob({ data }: MessageEvent<string>): void {
    const job = readMessage(data, Job)
    if (!job) return
    gathered.job = job
    if (isFinal(JOB_TRANSITIONS, job.status)) {
      gathered.connection = 'ended'
      stream.stop()
    }
    publish()
  }

  function takeEvent({ data }: MessageEvent<string>): void {
    const event = readMessage(data, JobEvent)
    if (!event || event.sequence <= lastSequence) return
    lastSequence = event.sequence
    if (event.kind === 'progress') gathered.progress.push(event.data)
    else if (event.kind === 'log') gathered.log.push({ sequence: event.sequence, at: event.at, ...event.data })
    else gathered.samples.push({ ...event.data, atMs: Date.parse(event.at) })
    for (const name of ['progress', 'log', 'samples'] as const) trim(gathered[name], MAXIMUM[name])
    publish()
  }

  function become(connection: 'live' | 'broken'): void {
    gathered.connection = connection
    publish()
  }

  const stream = createWatchedStream({
    url: streamUrl(address),
    takes: { job: takeJob, job_event: takeEvent },
    onOpen: () => become('live'),
    onBroken: () => become('broken'),
    onRefused,
  })

  return {
    read: () => state,
    subscribe(listener) {
      listeners.add(listener)
      if (gathered.connection !== 'ended') stream.start()
      publish()
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        clearTimeout(publishing)
        publishing = undefined
        stream.stop()
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
