import type { LimitTable } from './limit.ts'

export const AGENT_LIMITS = {
  leftoverProcesses: {
    value: 5000,
    unit: 'ms',
    of: 'killing the processes that a job left behind',
    effect: 'The job ends, and its log names the processes that are left.',
  },
} as const satisfies LimitTable
