import type { LimitTable } from './limit.ts'

export const DASHBOARD_LIMITS = {
  comparedRuns: {
    value: 8,
    unit: 'count',
    of: 'runs in one comparison of the API and the dashboard',
    effect: 'The request is refused with `REQUEST_INVALID`.',
  },
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
  sessionEnd: {
    value: 5 * 60_000,
    unit: 'ms',
    of: 'remaining time of a session at which the page shows a warning',
    effect: 'A note offers to sign in again.',
  },
  copied: {
    value: 2000,
    unit: 'ms',
    of: 'the message that a command was copied',
    effect: 'The message disappears.',
  },
  downloadKept: {
    value: 10_000,
    unit: 'ms',
    of: 'time that a page keeps a downloaded file in memory',
    effect: 'The memory is released.',
  },
  searchPause: {
    value: 250,
    unit: 'ms',
    of: 'the pause in typing before a search starts',
    effect: 'The list is read again.',
  },
} as const satisfies LimitTable
