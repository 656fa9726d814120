import type { LimitTable } from './limit.ts'

export const SYSTEM_LIMITS = {
  programOutput: {
    value: 16 * 1024 * 1024,
    unit: 'bytes',
    of: 'the output of a program that Radix runs and reads (`ps`, `nvidia-smi`, `git`)',
    effect: 'The program is killed, and its answer counts as unknown.',
  },
} as const satisfies LimitTable
