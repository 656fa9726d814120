import type { LimitTable } from './limit.ts'

export const WORKLOAD_LIMITS = {
  keptSteps: {
    value: 20_000,
    unit: 'count',
    of: 'the step times in a result of `resnet50`',
    effect: 'The result keeps every second, third, … step time; its summary and its throughput are of all steps.',
  },
} as const satisfies LimitTable
