import type { LimitTable } from './limit.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

export const CONTROL_PLANE_LIMITS = {
  jobTimeoutGrace: {
    value: 2 * MINUTE,
    unit: 'ms',
    of: 'a job beyond its own `timeout_seconds`, counted from its start',
    effect: 'The server ends the job as `failed` with `WORKLOAD_TIMED_OUT`, though its agent renews the lease.',
  },
  jobCancelGrace: {
    value: 5 * MINUTE,
    unit: 'ms',
    of: 'the end of a job after it was asked to stop',
    effect: 'The server ends the job as `cancelled`, and its agent can report nothing more of it.',
  },
  runDeadlineGrace: {
    value: 60 * MINUTE,
    unit: 'ms',
    of: 'a run beyond its deadline',
    effect:
      'The server ends the run: as `termination_unconfirmed` where its machine was not reported as terminated, else as `failed`.',
  },
  jobEvents: {
    value: 1_000_000,
    unit: 'count',
    of: 'the stored events of one job',
    effect: 'Later events are taken and not stored; the result of the job is.',
  },
  queuedJobs: {
    value: 1000,
    unit: 'count',
    of: 'the jobs that wait on one cluster',
    effect: 'Another launch is refused with `JOB_QUEUE_FULL`.',
  },
  retention: {
    value: 90 * 24 * 60 * MINUTE,
    unit: 'ms',
    of: 'the events of finished jobs, tokens that are used up or revoked, and journals of ended runs',
    effect: 'They are deleted. Clusters, jobs, runs and evidence stay.',
    setting: 'RADIX_RETENTION_DAYS',
  },
  deletedAtOnce: {
    value: 10_000,
    unit: 'count',
    of: 'the rows that one statement of the retention deletes',
    effect: 'The next sweep deletes more.',
  },
  errorMessage: {
    value: 16_384,
    unit: 'characters',
    of: 'the error message of a job',
    effect: 'Its middle is left out, with a note of how much.',
  },
} as const satisfies LimitTable
