import type { LimitTable } from './limit.ts'

const KIB = 1024
const MIB = 1024 * KIB

/** What the control plane and its clients agree on. */
export const API_LIMITS = {
  trials: {
    value: 100,
    unit: 'count',
    of: 'trials of a run, and trials that a comparison suggests',
    effect: 'A run with more is refused. A comparison says that more trials would not decide.',
  },
  jobTimeout: {
    value: 86_400_000,
    unit: 'ms',
    of: 'the `timeout_seconds` of a job',
    effect: 'The request is refused with `REQUEST_INVALID`.',
  },
  agentDownloads: {
    value: 120,
    unit: 'count',
    of: "requests per minute and address for the agent's program: script, manifest and files",
    effect: 'The request is refused with `RATE_LIMITED`.',
  },
  request: {
    value: 30_000,
    unit: 'ms',
    of: 'the response of the control plane, unless the caller sets another limit',
    effect: 'The request counts as unanswered, and is retried if it is safe to repeat.',
  },
  retryAfter: {
    value: 30_000,
    unit: 'ms',
    of: 'a wait that the control plane requests with `Retry-After`',
    effect: 'The request is retried.',
  },
  pageItems: {
    value: 200,
    unit: 'count',
    of: 'items on a page of a list',
    effect: 'The page has a cursor for the next one.',
  },
  pageEvents: {
    value: 1000,
    unit: 'count',
    of: 'events on a page',
    effect: 'The next page starts after the last event.',
  },
  retries: {
    value: 4,
    unit: 'count',
    of: 'retries after a 429, a 5xx or a timeout, if the request is safe to repeat',
    effect: 'The command fails with the last response.',
  },
  firstRetry: {
    value: 100,
    unit: 'ms',
    of: 'the wait before the first retry',
    effect: 'The request is retried; each later wait is longer.',
  },
  longestRetry: {
    value: 5000,
    unit: 'ms',
    of: 'the wait before a later retry',
    effect: 'The request is retried.',
  },
  signInRequests: {
    value: 60,
    unit: 'count',
    of: 'requests per minute from one address to each sign-in route of browsers',
    effect: 'The request is refused with `RATE_LIMITED`.',
  },
  tokenRequests: {
    value: 600,
    unit: 'count',
    of: 'requests per minute from one address to exchange a GitHub token, or to list the ways to sign in',
    effect: 'The request is refused with `RATE_LIMITED`.',
  },
  telemetryRequests: {
    value: 600,
    unit: 'count',
    of: 'requests per minute of one API key to each of `/v1/observe` and `/v1/score`',
    effect: 'The request is refused with `RATE_LIMITED`.',
  },
  eventsBody: {
    value: 2 * MIB,
    unit: 'bytes',
    of: 'a report with events of a job',
    effect: 'The request is refused with `REQUEST_TOO_LARGE`.',
  },
  resultBody: {
    value: 4 * MIB,
    unit: 'bytes',
    of: 'the completion report of a job',
    effect: 'The request is refused with `REQUEST_TOO_LARGE`.',
  },
  runBody: {
    value: 256 * KIB,
    unit: 'bytes',
    of: 'a report about a run',
    effect: 'The request is refused with `REQUEST_TOO_LARGE`.',
  },
  evidenceBody: {
    value: 4 * MIB,
    unit: 'bytes',
    of: 'the evidence of a run',
    effect: 'The request is refused with `REQUEST_TOO_LARGE`.',
  },
  bodyValues: {
    value: 100_000,
    unit: 'count',
    of: 'values in the body of a request, at every level',
    effect: 'The request is refused with `REQUEST_INVALID`.',
  },
  reaperBody: {
    value: 2 * MIB,
    unit: 'bytes',
    of: 'the report about a sweep of a reaper',
    effect: 'The request is refused with `REQUEST_TOO_LARGE`.',
  },
  defaultPageItems: {
    value: 50,
    unit: 'count',
    of: 'items on a page of a list, by default',
    effect: 'The page has a cursor for the next one.',
  },
  defaultPageEvents: {
    value: 500,
    unit: 'count',
    of: 'events on a page, by default',
    effect: 'The next page starts after the last event.',
  },
  amountOfMoney: {
    value: 10_000_000,
    unit: 'count',
    of: 'US dollars of a cap of the budget, and of the worst case of a run',
    effect: 'The request is refused with `REQUEST_INVALID`. Evidence with a higher cost counts as that in the budget.',
  },
} as const satisfies LimitTable
