/** What a job kind is to the agent: from typed params to a program, and from what it left to a completion. */
import type { z } from 'zod'
import type { CompleteBody, JobEvent, LeasedJob } from '../../contract/schemas/job.ts'
import type { ExecutionEnd } from '../executors/executor.ts'

export interface JobKindEnvironment {
  /** The Python that has what the workload needs. */
  python: string
  /** The folder that holds one folder per workload. */
  workloadDirectory: string
}

export interface JobFiles {
  resultPath: string
  progressPath: string
}

/** Everything that `complete` takes but the lease. */
export interface Completion {
  status: z.input<typeof CompleteBody>['status']
  metrics?: z.input<typeof CompleteBody>['metrics']
  output_payload?: Record<string, unknown>
  error_code?: string
  error_message?: string
}

/** A result that was not taken in, and why, in a sentence. */
export interface ResultRefusal {
  refused: string
}

/** How a job's process came to its end, beyond what the process itself says. */
export type EndCause = 'by-itself' | 'cancelled' | 'timed-out' | 'agent-stops' | 'vanished'

export interface JobKindDefinition {
  /** Throws `JOB_PARAMS_INVALID`. */
  buildArgv(params: LeasedJob['params'], files: JobFiles, environment: JobKindEnvironment): [string, ...string[]]
  /** A line of the progress file, or undefined when it is none. */
  parseProgress(line: string): Extract<JobEvent, { kind: 'progress' }>['data'] | undefined
  /** `result` is the content of the result file, if there is one. */
  concludes(end: ExecutionEnd, result: string | ResultRefusal | undefined): Completion
}
