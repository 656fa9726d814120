/** Jobs: read, followed and cancelled. */
import type { Job } from '../../src/contract/schemas/job.ts'
import { isFinal, JOB_TRANSITIONS, type JobStatus } from '../../src/core/transitions.ts'
import type { MockHandlers } from './mock-server.ts'
import { takePage } from './page.ts'
import { listEvents, streamJob } from './streams.ts'
import type { World } from './world.ts'

/** An agent takes a moment to hear of it. */
const CANCEL_MS = 1500

export function answerJobs(world: World): MockHandlers {
  const playedOf = (job: Job) => ({
    cluster: world.findCluster(job.cluster_id),
    seconds: world.secondsOfJob.get(job.job_id),
  })
  return {
    listJobs: ({ params, query }) =>
      takePage(
        world.jobs
          .filter(({ cluster_id }) => cluster_id === params.cluster_id)
          .filter(({ run_id }) => !query.run_id || run_id === query.run_id)
          .filter(({ status }) => !query.status || status === query.status),
        query,
      ),
    getJob: ({ params }) => world.findJob(params.job_id),
    cancelJob: ({ params }) => {
      const job = world.findJob(params.job_id)
      cancelJob(world, job)
      return job
    },
    listJobEvents: ({ params, query: { after_sequence, kind, limit } }) => {
      const job = world.findJob(params.job_id)
      const items = listEvents(job, playedOf(job))
        .filter(({ sequence }) => sequence > after_sequence)
        .filter((event) => !kind || event.kind === kind)
        .slice(0, limit)
      return { items, last_sequence: items.at(-1)?.sequence ?? after_sequence }
    },
    streamJob: ({ params, signal }) => {
      const job = world.findJob(params.job_id)
      const read = () => {
        world.catchUp(Date.now())
        return job
      }
      return streamJob(read, playedOf(job), signal)
    },
  }
}

/** Cancels a queued job at once, and a leased one through its agent. */
function cancelJob(world: World, job: Job): void {
  if (isFinal(JOB_TRANSITIONS, job.status)) return
  job.cancel_requested = true
  const nowMs = Date.now()
  if (job.status === 'queued') {
    endJob(world, job, 'cancelled', nowMs)
    return
  }
  world.announce('jobs')
  world.at(nowMs + CANCEL_MS, () => endJob(world, job, 'cancelled', nowMs + CANCEL_MS))
}

/** One that has ended stays as it is. */
export function endJob(world: World, job: Job, status: JobStatus, atMs: number): void {
  if (isFinal(JOB_TRANSITIONS, job.status)) return
  Object.assign(job, { status, finished_at: new Date(atMs).toISOString() } satisfies Partial<Job>)
  world.announce('jobs')
}
