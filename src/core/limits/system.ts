import type { LimitTable } from './limit.ts'

export const SYSTEM_LIMITS = {
  programOutput: {
    value: 16 * 1024 * 1024,
    unit: 'bytes',
    of: 'the output of a program that Radix runs and reads (`ps`, `nvidia-smi`, `git`)',
    effect: 'The program is killed, and its answer counts as unknown.',
  },
  redactedText: {
    value: 4 * 1024 * 1024,
    unit: 'characters',
    of: 'one text that is searched for secrets before it is stored or shown',
    effect: 'The text is cut there, and ends with how much is missing.',
  },
} as const satisfies LimitTable
