import type { LimitTable } from './limit.ts'

export const DASHBOARD_LIMITS = {
  textLength: {
    value: 20_000,
    unit: 'characters',
    of: 'a text from outside that the dashboard shows (a name, a message, a log line)',
    effect: 'The rest is cut off, and the text says how much.',
  },
  streamMessage: {
    value: 8 * 1024 * 1024,
    unit: 'characters',
    of: 'a message of a live stream that the dashboard reads',
    effect: 'The message is skipped.',
  },
  progressKept: {
    value: 5000,
    unit: 'count',
    of: 'progress reports of a job that a page keeps',
    effect: 'The oldest are dropped from the page.',
  },
  logLinesKept: {
    value: 2000,
    unit: 'count',
    of: 'log lines of a job that a page keeps',
    effect: 'The oldest are dropped from the page.',
  },
  samplesKept: {
    value: 60_000,
    unit: 'count',
    of: 'GPU samples of a job that a page keeps',
    effect: 'The oldest are dropped from the page.',
  },
  logLinesShown: {
    value: 400,
    unit: 'count',
    of: 'log lines of a job that a page shows',
    effect: 'Only the last lines are shown.',
  },
  serverCheck: {
    value: 5000,
    unit: 'ms',
    of: 'the check whether the server answers, before a page reloads itself to get a missing part',
    effect: 'The page says that the control plane cannot be reached, and offers to try again.',
  },
  reloadPause: {
    value: 60_000,
    unit: 'ms',
    of: 'time between two automatic reloads of a page after an upgrade',
    effect: 'The page shows the error, and offers to try again.',
  },
} as const satisfies LimitTable
