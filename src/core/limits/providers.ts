import type { LimitTable } from './limit.ts'

export const PROVIDER_LIMITS = {
  answer: {
    value: 100_000,
    unit: 'ms',
    of: 'one answer of a provider while machines are terminated',
    effect: 'It counts as unanswered and is asked for again; other machines are not held up.',
  },
  askAgain: {
    value: 10_000,
    unit: 'ms',
    of: 'the time between two requests to terminate the same machine',
    effect: 'The request is made again.',
  },
  slowTermination: {
    value: 120_000,
    unit: 'ms',
    of: 'the termination of a machine until the user is warned',
    effect: 'A warning says that it is not terminated yet.',
  },
  alarmInterval: {
    value: 60_000,
    unit: 'ms',
    of: 'the time between two warnings about the same thing while machines are terminated',
    effect: 'The warning is repeated.',
  },
  deadManGrace: {
    value: 60_000,
    unit: 'ms',
    of: "the time from the run's deadline to the machine's dead-man timer",
    effect: 'The machine powers itself off.',
  },
  localTerminationGrace: {
    value: 5000,
    unit: 'ms',
    of: 'the time that a local machine has to end in order',
    effect: 'Its processes are killed.',
  },
  localLog: {
    value: 64_000,
    unit: 'characters',
    of: 'the log of a local machine',
    effect: 'Only its end is read.',
  },
  logTail: {
    value: 30,
    unit: 'count',
    of: "the lines of a machine's log that an error shows",
    effect: 'Only the last ones are shown.',
  },
  sweep: {
    value: 300_000,
    unit: 'ms',
    of: 'looking at one kind of thing in one place, for `radix reap`',
    effect: 'The sweep says that it could not look there.',
  },
  removal: {
    value: 120_000,
    unit: 'ms',
    of: 'asking for the end of one thing, for `radix reap`',
    effect: 'The removal counts as failed.',
  },
} as const satisfies LimitTable
