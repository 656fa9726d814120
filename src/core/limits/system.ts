import type { LimitTable } from './limit.ts'

export const SYSTEM_LIMITS = {
  programOutput: {
    value: 16 * 1024 * 1024,
    unit: 'characters',
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
  programDrain: {
    value: 2000,
    unit: 'ms',
    of: 'time to read the output of an exited program if a child keeps it open',
    effect: 'The output read so far is used.',
  },
  gitAnswer: {
    value: 5000,
    unit: 'ms',
    of: '`git rev-parse` for the commit of this clone',
    effect: 'The evidence and `radix --version` contain no commit.',
  },
  agentBuild: {
    value: 120_000,
    unit: 'ms',
    of: "the build of the agent's program in a clone",
    effect: 'The request or the launch fails with `AGENT_PROGRAM_UNAVAILABLE`. The next one tries again.',
  },
  treeRemoval: {
    value: 300_000,
    unit: 'ms',
    of: 'time to remove the folder of a job',
    effect: 'The rest stays on the disk, and the log of the agent says so.',
  },
  brandTrial: {
    value: 5000,
    unit: 'ms',
    of: 'the check whether `prlimit` can mark the processes of a job',
    effect: 'The processes of a job are found only by their environment.',
  },
  record: {
    value: 1024 * 1024,
    unit: 'characters',
    of: 'a record that Radix keeps on disk (a machine of provider `local`, a lock, the last sweep of the reaper)',
    effect: 'The record counts as damaged, and running machines and processes are found without it.',
  },
  kernelLock: {
    value: 250,
    unit: 'ms',
    of: 'waiting for another process that looks at a lock',
    effect: 'The lock counts as held.',
  },
  presencePipe: {
    value: 5000,
    unit: 'ms',
    of: 'making the pipe by which other containers see a running PostgreSQL',
    effect: 'PostgreSQL starts without it.',
  },
  apiAnswer: {
    value: 64 * 1024 * 1024,
    unit: 'bytes',
    of: 'a response of the control plane to a command, an agent or the dashboard',
    effect: 'Reading stops, and the request fails with `API_UNEXPECTED_ANSWER`.',
  },
  abandonedGroup: {
    value: 60_000,
    unit: 'ms',
    of: 'the age of an empty control group of a job at which it counts as abandoned',
    effect: 'The next job on the machine removes it.',
  },
  samePress: {
    value: 1000,
    unit: 'ms',
    of: 'time in which several signals count as one press of Ctrl-C',
    effect: 'A later signal counts as the second press.',
  },
  jsonDepth: {
    value: 64,
    unit: 'count',
    of: 'nesting depth of JSON from outside',
    effect: 'The JSON is refused.',
  },
} as const satisfies LimitTable
