import type { LimitTable } from './limit.ts'

const DAY_MS = 24 * 3600 * 1000

export const CONTROL_PLANE_LIMITS = {
  jobTimeoutGrace: {
    value: 120_000,
    unit: 'ms',
    of: 'a job beyond its timeout, while its agent ends it and reports',
    effect: 'The control plane ends the job as failed, and the agent loses its lease.',
  },
  runDeadlineGrace: {
    value: 3_600_000,
    unit: 'ms',
    of: 'a run beyond its deadline, while its harness terminates the machine',
    effect: 'The control plane ends the run: as failed, or as termination_unconfirmed where a machine may be left.',
  },
  jobEventAge: {
    value: 30 * DAY_MS,
    unit: 'ms',
    of: 'log, progress and GPU samples of a job after its end',
    effect: 'They are deleted. The job, its result and the evidence stay.',
  },
  deadTokenAge: {
    value: 30 * DAY_MS,
    unit: 'ms',
    of: 'an onboarding or cluster token after it expired or was revoked',
    effect: 'It is deleted, and a later use is refused as unknown.',
  },
  retentionBatch: {
    value: 5000,
    unit: 'count',
    of: 'rows that one statement of the retention deletes',
    effect: 'The next statement deletes the next ones.',
  },
} as const satisfies LimitTable
