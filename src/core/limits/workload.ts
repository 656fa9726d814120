import type { LimitTable } from './limit.ts'

export const WORKLOAD_LIMITS = {
  keptSteps: {
    value: 20_000,
    unit: 'count',
    of: 'step times in the result of a workload',
    effect: 'The result keeps every second, third, … step time. Summary and throughput cover all steps.',
  },
} as const satisfies LimitTable
