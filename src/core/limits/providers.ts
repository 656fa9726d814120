import type { LimitTable } from './limit.ts'

export const PROVIDER_LIMITS = {
  answer: {
    value: 100_000,
    unit: 'ms',
    of: 'one response of a provider while machines are terminated',
    effect: 'It counts as unanswered and is requested again. Other machines are not delayed.',
  },
  askAgain: {
    value: 10_000,
    unit: 'ms',
    of: 'time between two requests to terminate the same machine',
    effect: 'The request is repeated.',
  },
  slowTermination: {
    value: 120_000,
    unit: 'ms',
    of: 'time until the user is warned about a slow termination',
    effect: 'A warning says that the machine is not terminated yet.',
  },
  alarmInterval: {
    value: 60_000,
    unit: 'ms',
    of: 'time between two warnings about the same problem during a termination',
    effect: 'The warning is repeated.',
  },
  deadManGrace: {
    value: 60_000,
    unit: 'ms',
    of: 'time from the deadline of the run to the dead-man timer of the machine',
    effect: 'The machine powers itself off.',
  },
  localTerminationGrace: {
    value: 5000,
    unit: 'ms',
    of: 'time for a local machine to stop',
    effect: 'Its processes are killed.',
  },
  localLog: {
    value: 64_000,
    unit: 'bytes',
    of: 'the log of a machine of provider `local` or `ssh`',
    effect: 'Only the end is read.',
  },
  sshConnect: {
    value: 20_000,
    unit: 'ms',
    of: 'connecting to a host with `ssh`',
    effect: 'The host counts as unreachable.',
  },
  sshCall: {
    value: 60_000,
    unit: 'ms',
    of: 'one command on a host',
    effect: 'It counts as unanswered: what it did is looked up.',
  },
  sshUpload: {
    value: 240_000,
    unit: 'ms',
    of: 'copying the agent to a host',
    effect: 'The launch fails, and the host is cleaned up.',
  },
  sshMessages: {
    value: 64_000,
    unit: 'characters',
    of: 'what `ssh` says while it connects',
    effect: 'Only the end is kept.',
  },
  sshSettle: {
    value: 10_000,
    unit: 'ms',
    of: 'time in which a command may still begin on a host after its connection was lost',
    effect: 'A run whose launch was not answered is looked for until then.',
  },
  sshFreeDisk: {
    value: 1024 * 1024 * 1024,
    unit: 'bytes',
    of: 'free space on a host before the agent is copied there (at least)',
    effect: 'The run does not start.',
  },
  inventoryHosts: {
    value: 200,
    unit: 'count',
    of: 'hosts in an inventory',
    effect: 'The inventory is refused (`CONFIGURATION_INVALID`).',
  },
  logTail: {
    value: 30,
    unit: 'count',
    of: 'lines of the log of a machine that an error shows',
    effect: 'Only the last ones are shown.',
  },
  sweep: {
    value: 300_000,
    unit: 'ms',
    of: 'time for `radix reap` to list one kind of resource in one place',
    effect: 'The sweep reports that it could not check that place.',
  },
  removal: {
    value: 120_000,
    unit: 'ms',
    of: 'time for `radix reap` to request the removal of one resource',
    effect: 'The removal counts as failed.',
  },
  agentAlone: {
    value: 600_000,
    unit: 'ms',
    of: 'time that the agent of a local machine goes without the control plane',
    effect: 'The agent exits, and its machine ends.',
  },
} as const satisfies LimitTable
