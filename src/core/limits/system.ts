import type { LimitTable } from './limit.ts'

export const SYSTEM_LIMITS = {
  programOutput: {
    value: 16 * 1024 * 1024,
    unit: 'characters',
    of: 'the output of a program that Radix runs and reads (`ps`, `nvidia-smi`, `git`)',
    effect: 'The program is killed, and its answer counts as unknown.',
  },
  redactedText: {
    value: 4 * 1024 * 1024,
    unit: 'characters',
    of: 'one text that is searched for secrets before it is stored or shown',
    effect: 'The text is cut there, and ends with how much is missing.',
  },
  processTable: {
    value: 10_000,
    unit: 'ms',
    of: 'a look at the table of processes with `ps` (macOS)',
    effect: 'The look counts as unknown: no process counts as ended or as ours, and no lock is taken over.',
  },
  programDrain: {
    value: 2000,
    unit: 'ms',
    of: 'reading on after a program has ended, where something that it started keeps its output open',
    effect: 'What was read until then is its answer.',
  },
  treeRemoval: {
    value: 300_000,
    unit: 'ms',
    of: 'removing the folder of a job',
    effect: 'What is left of it stays on the disk, and the log of the agent says so.',
  },
  brandTrial: {
    value: 5000,
    unit: 'ms',
    of: 'trying whether `prlimit` can mark what a job starts',
    effect: 'What the job starts is found by its environment alone.',
  },
  record: {
    value: 1024 * 1024,
    unit: 'characters',
    of: 'a record that Radix keeps on disk (a machine of provider `local`, a lock, the last sweep of the reaper)',
    effect: 'The record counts as damaged, and what runs is found without it.',
  },
  apiAnswer: {
    value: 64 * 1024 * 1024,
    unit: 'bytes',
    of: 'an answer of the control plane to a command, an agent or the dashboard',
    effect: 'It is not read any further, and the request fails with `API_UNEXPECTED_ANSWER`.',
  },
  jsonDepth: {
    value: 64,
    unit: 'count',
    of: 'the depth of JSON from outside',
    effect: 'It is refused.',
  },
} as const satisfies LimitTable
