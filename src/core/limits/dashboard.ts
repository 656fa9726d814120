import type { LimitTable } from './limit.ts'

export const DASHBOARD_LIMITS = {
  comparedRuns: {
    value: 8,
    unit: 'count',
    of: 'runs that are compared side by side by the API and the dashboard',
    effect: 'The request is refused with `REQUEST_INVALID`.',
  },
  textLength: {
    value: 20_000,
    unit: 'characters',
    of: 'a text from outside that the dashboard shows (a name, a message, a line of a log)',
    effect: 'The rest is left out, and the text says how much.',
  },
  streamMessage: {
    value: 8 * 1024 * 1024,
    unit: 'characters',
    of: 'a message of a live stream that the dashboard reads',
    effect: 'The message is left out.',
  },
  progressKept: {
    value: 5000,
    unit: 'count',
    of: 'the progress reports of a job that a page keeps',
    effect: 'The oldest are dropped from the page.',
  },
  logLinesKept: {
    value: 2000,
    unit: 'count',
    of: 'the log lines of a job that a page keeps',
    effect: 'The oldest are dropped from the page.',
  },
  samplesKept: {
    value: 60_000,
    unit: 'count',
    of: 'the GPU samples of a job that a page keeps',
    effect: 'The oldest are dropped from the page.',
  },
  logLinesShown: {
    value: 400,
    unit: 'count',
    of: 'the log lines of a job that a page shows',
    effect: 'Only the last lines are shown.',
  },
  serverCheck: {
    value: 5000,
    unit: 'ms',
    of: 'the check whether the server answers, before a page that lacks a part of its program reloads itself',
    effect: 'The page says that the control plane cannot be reached, with a button that tries again.',
  },
  reloadPause: {
    value: 60_000,
    unit: 'ms',
    of: 'the time between two reloads by which a page gets the program of a new version',
    effect: 'The page shows what failed, with a button that tries again.',
  },
  sessionEnd: {
    value: 5 * 60_000,
    unit: 'ms',
    of: 'the rest of a session at which the page says that it ends',
    effect: 'A note with a way to sign in again is shown.',
  },
  copied: {
    value: 2000,
    unit: 'ms',
    of: 'the word that a command was copied',
    effect: 'It disappears.',
  },
  downloadKept: {
    value: 10_000,
    unit: 'ms',
    of: 'the copy of a file that a browser downloads',
    effect: 'Its memory is released.',
  },
  searchPause: {
    value: 250,
    unit: 'ms',
    of: 'a pause in typing, after which a search begins',
    effect: 'The list is read again.',
  },
} as const satisfies LimitTable
