/** Made-up jobs. */

import type { Cluster } from '../../src/contract/schemas/cluster.ts'
import type { Job } from '../../src/contract/schemas/job.ts'
import { newJob } from '../../src/contract/testing/new-objects.ts'
import { Resnet50Params } from '../../src/workloads/testing/resnet50-params.ts'
import type { MadeUpRun } from './runs.ts'

/** Long enough that it still trains after an hour of work on the dashboard. */
const ENDLESS = { epochs: 100, recipe: 'tuned' }
const QUEUED_JOBS = 3

/** Jobs that wait for an agent that does not come. */
export function makeQueuedJobs(cluster: Cluster, nowMs: number): Job[] {
  return Array.from({ length: QUEUED_JOBS }, (_, index) =>
    newJob({
      job_id: `job_0000000000000000000queued${index}`,
      cluster_id: cluster.cluster_id,
      params: Resnet50Params.parse({}),
      created_at: new Date(nowMs - (index + 1) * 90_000).toISOString(),
    }),
  )
}

/** A job that trains now on this cluster, and one that has ended for each trial of these runs. */
export function makeJobs(cluster: Cluster, runs: readonly MadeUpRun[], nowMs: number): Job[] {
  const startedMs = nowMs - 40_000
  const now = newJob({
    job_id: 'job_00000000000000000000000now',
    cluster_id: cluster.cluster_id,
    params: Resnet50Params.parse(ENDLESS),
    status: 'running',
    lease_epoch: 1,
    created_at: new Date(startedMs - 300).toISOString(),
    leased_at: new Date(startedMs - 100).toISOString(),
    started_at: new Date(startedMs).toISOString(),
  })
  const ended = runs.flatMap(({ run, evidence }) =>
    (evidence?.results.trials ?? []).map(
      ({ job_id, trial, result }): Job => ({
        ...now,
        params: run.parameters,
        job_id: `${job_id}${run.run_id.slice(-4)}${trial}`,
        run_id: run.run_id,
        status: 'succeeded',
        metrics: result && {
          throughput: result.throughput,
          duration_seconds: result.duration_seconds,
          exit_code: 0,
        },
        created_at: run.created_at,
        leased_at: run.created_at,
        started_at: run.created_at,
        finished_at: run.ended_at,
      }),
    ),
  )
  return [now, ...ended]
}
