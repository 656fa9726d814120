import type { LimitTable } from './limit.ts'

export const SYSTEM_LIMITS = {
  programOutput: {
    value: 16 * 1024 * 1024,
    unit: 'bytes',
    of: 'the output of a program that Radix runs and reads (`ps`, `nvidia-smi`, `git`)',
    effect: 'The program is killed, and its result counts as unknown.',
  },
  redactedText: {
    value: 4 * 1024 * 1024,
    unit: 'characters',
    of: 'one text that is searched for secrets before it is stored or shown',
    effect: 'The text is cut off there, and ends with the number of missing characters.',
  },
  processTable: {
    value: 10_000,
    unit: 'ms',
    of: 'reading the process table with `ps` (macOS)',
    effect: 'The result is unknown: no process counts as ended or as ours, and no lock is taken over.',
  },
  record: {
    value: 1024 * 1024,
    unit: 'characters',
    of: 'a record that Radix keeps on disk (a machine of provider `local`, a lock, the last sweep of the reaper)',
    effect: 'The record counts as damaged, and running machines and processes are found without it.',
  },
  apiAnswer: {
    value: 64 * 1024 * 1024,
    unit: 'bytes',
    of: 'a response of the control plane to a command, an agent or the dashboard',
    effect: 'Reading stops, and the request fails with `API_UNEXPECTED_ANSWER`.',
  },
} as const satisfies LimitTable
