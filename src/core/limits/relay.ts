import type { LimitTable } from './limit.ts'

const MIB = 1024 * 1024

export const RELAY_LIMITS = {
  message: {
    value: 16 * MIB,
    unit: 'bytes',
    of: 'what one end of a relay writes at once',
    effect: 'A longer one is not read: its requests count as unanswered.',
  },
  window: {
    value: 8 * MIB,
    unit: 'bytes',
    of: 'requests that an agent sends through a relay at the same time',
    effect: 'Later requests wait until earlier ones are answered.',
  },
  waitingRequests: {
    value: 100,
    unit: 'count',
    of: 'unanswered requests of an agent in a relay',
    effect: 'A further request counts as unanswered.',
  },
  transfer: {
    value: 15_000,
    unit: 'ms',
    of: 'one read or write of a relay',
    effect: 'It is repeated after a growing delay.',
  },
  handling: {
    value: 120_000,
    unit: 'ms',
    of: 'the response of the control plane to a request that came through a relay',
    effect: 'The relay asks again, unless the agent has given up the request.',
  },
  accessFile: {
    value: 32 * 1024,
    unit: 'bytes',
    of: 'the file of an agent with the access to a relay, and the addresses that it leads to',
    effect: 'The agent does not start, and reports `RELAY_FILE_INVALID` or `RELAY_CLOSED`.',
  },
  accessWait: {
    value: 600_000,
    unit: 'ms',
    of: 'time until an agent has read the addresses of its relay',
    effect: 'The agent does not start.',
  },
  activity: {
    value: 3000,
    unit: 'ms',
    of: 'time after a message during which a relay is read more often',
    effect: 'The relay is read less often until the next message.',
  },
  earlierEnds: {
    value: 100,
    unit: 'count',
    of: 'earlier processes of the other end that a relay remembers',
    effect: 'The longest known is forgotten.',
  },
} as const satisfies LimitTable
