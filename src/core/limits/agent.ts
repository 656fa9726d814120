import type { LimitTable } from './limit.ts'

export const AGENT_LIMITS = {
  leftoverProcesses: {
    value: 5000,
    unit: 'ms',
    of: 'killing the processes that a job left behind',
    effect: 'The job ends, and its log names the processes that are left.',
  },
  resultCharacters: {
    value: 3 * 1024 * 1024,
    unit: 'characters',
    of: 'the result that a workload writes',
    effect: 'The job fails with `JOB_RESULT_INVALID`, which names the size. A result is never cut.',
  },
  recordCharacters: {
    value: 8 * 1024 * 1024,
    unit: 'characters',
    of: 'a file of the agent itself (token, record of a job, result to be reported)',
    effect: 'The file counts as damaged.',
  },
  errorMessage: {
    value: 4000,
    unit: 'characters',
    of: 'the error message of a job',
    effect: 'The end of the message is left out.',
  },
  completionWrite: {
    value: 30_000,
    unit: 'ms',
    of: 'writing the result of a job to a disk that is full',
    effect: 'The agent reports the result from memory.',
  },
  logFile: {
    value: 256 * 1024 * 1024,
    unit: 'bytes',
    of: 'the log that a job writes, for each stream',
    effect: 'The file begins anew (executor docker: ends there), and a line in the log of the job says so.',
  },
  lastLogBytes: {
    value: 1024 * 1024,
    unit: 'bytes',
    of: 'what is still read of a log when its job has ended',
    effect: 'Only the last part is reported, and a line in the log of the job says how much is missing.',
  },
  lastEvents: {
    value: 5000,
    unit: 'ms',
    of: 'reporting the last events of a job',
    effect: 'The result is reported without them.',
  },
  logEvents: {
    value: 100_000,
    unit: 'count',
    of: 'the lines of log that are reported of a job',
    effect: 'Later lines stay on the machine, and a line in the log of the job says so.',
  },
  pendingEvents: {
    value: 5000,
    unit: 'count',
    of: 'the events of a job that wait to be reported',
    effect: 'The oldest are dropped, and a line in the log of the job counts them.',
  },
  stopGrace: {
    value: 5000,
    unit: 'ms',
    of: 'the time from SIGTERM to SIGKILL of a job',
    effect: 'The job is killed.',
  },
  gpuFacts: {
    value: 15_000,
    unit: 'ms',
    of: 'asking `nvidia-smi` for the GPUs of the machine',
    effect: 'The agent goes on without GPU facts, and its heartbeats say why.',
  },
  firstGpuSample: {
    value: 15_000,
    unit: 'ms',
    of: 'the wait for the first GPU sample of a job',
    effect: 'A line in the log of the job says that there are no samples yet.',
  },
  engineAnswer: {
    value: 60_000,
    unit: 'ms',
    of: 'an answer of the Docker engine (not the end of a container or of a pull)',
    effect: 'The request fails with `CONTAINER_ENGINE_UNREACHABLE`.',
  },
  engineAnswerSize: {
    value: 16 * 1024 * 1024,
    unit: 'characters',
    of: 'an answer of the Docker engine',
    effect: 'The request fails with `CONTAINER_ENGINE_REFUSED`.',
  },
} as const satisfies LimitTable
