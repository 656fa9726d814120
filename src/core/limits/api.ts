import type { LimitTable } from './limit.ts'

const KIB = 1024
const MIB = 1024 * KIB

/** What the control plane and its clients agree on. */
export const API_LIMITS = {
  trials: {
    value: 100,
    unit: 'count',
    of: 'the trials of a run, and those that a comparison suggests',
    effect: 'A run with more is refused; a comparison says that more would not decide.',
  },
  jobTimeout: {
    value: 86_400_000,
    unit: 'ms',
    of: 'the `timeout_seconds` of a job',
    effect: 'The request is refused with `REQUEST_INVALID`.',
  },
  request: {
    value: 30_000,
    unit: 'ms',
    of: 'the answer to a request to the control plane, where the caller names no other time',
    effect: 'The request counts as unanswered, and is made again where that changes nothing.',
  },
  retryAfter: {
    value: 30_000,
    unit: 'ms',
    of: 'the wait that `Retry-After` of the control plane asks for',
    effect: 'The request is made again.',
  },
  pageItems: {
    value: 200,
    unit: 'count',
    of: 'items in a page of a list',
    effect: 'The page has a cursor for the next one.',
  },
  pageEvents: {
    value: 1000,
    unit: 'count',
    of: 'events in a page',
    effect: 'The next page begins after the last event.',
  },
  retries: {
    value: 4,
    unit: 'count',
    of: 'further requests when the control plane answers 429 or 5xx, or not in time, where that changes nothing',
    effect: 'The command fails with what the last one was answered.',
  },
  firstRetry: {
    value: 100,
    unit: 'ms',
    of: 'the wait before the first further request',
    effect: 'It is made; each later wait is longer.',
  },
  longestRetry: {
    value: 5000,
    unit: 'ms',
    of: 'the wait before a later request',
    effect: 'It is made.',
  },
  signInRequests: {
    value: 60,
    unit: 'count',
    of: 'requests of one address in a minute to each route that signs a browser in',
    effect: 'The request is refused with `RATE_LIMITED`.',
  },
  tokenRequests: {
    value: 600,
    unit: 'count',
    of: 'requests of one address in a minute to exchange a GitHub token, or to ask how to sign in',
    effect: 'The request is refused with `RATE_LIMITED`.',
  },
  telemetryRequests: {
    value: 600,
    unit: 'count',
    of: 'requests of one API key in a minute to `/v1/observe` and `/v1/score` each',
    effect: 'The request is refused with `RATE_LIMITED`.',
  },
  eventsBody: {
    value: 2 * MIB,
    unit: 'bytes',
    of: 'a report of the events of a job',
    effect: 'The request is refused with `REQUEST_TOO_LARGE`.',
  },
  resultBody: {
    value: 4 * MIB,
    unit: 'bytes',
    of: 'the report of how a job ended',
    effect: 'The request is refused with `REQUEST_TOO_LARGE`.',
  },
  runBody: {
    value: 256 * KIB,
    unit: 'bytes',
    of: 'a report on a run',
    effect: 'The request is refused with `REQUEST_TOO_LARGE`.',
  },
  evidenceBody: {
    value: 8 * MIB,
    unit: 'bytes',
    of: 'the evidence of a run',
    effect: 'The request is refused with `REQUEST_TOO_LARGE`.',
  },
  reaperBody: {
    value: 2 * MIB,
    unit: 'bytes',
    of: 'the report on a sweep of a reaper',
    effect: 'The request is refused with `REQUEST_TOO_LARGE`.',
  },
  defaultPageItems: {
    value: 50,
    unit: 'count',
    of: 'items in a page of a list whose request names no number',
    effect: 'The page has a cursor for the next one.',
  },
  defaultPageEvents: {
    value: 500,
    unit: 'count',
    of: 'events in a page whose request names no number',
    effect: 'The next page begins after the last event.',
  },
} as const satisfies LimitTable
