/** A job kind as the agent sees it: it turns typed params into a program, and the program's files into a completion. */
import type { z } from 'zod'
import type { CompleteBody, JobEvent, LeasedJob } from '../../contract/schemas/job.ts'
import type { ExecutionEnd } from '../executors/executor.ts'

export interface JobKindEnvironment {
  /** The Python with the workload's dependencies. */
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

/** Why a result was rejected, in a sentence. */
export interface ResultRefusal {
  refused: string
}

/** How a job's process ended, beyond the process's own report. */
export type EndCause = 'by-itself' | 'cancelled' | 'timed-out' | 'agent-stops' | 'vanished'

export interface JobKindDefinition {
  /** Throws `JOB_PARAMS_INVALID`. */
  buildArgv(params: LeasedJob['params'], files: JobFiles, environment: JobKindEnvironment): [string, ...string[]]
  /** A line of the progress file, or undefined if it is invalid. */
  parseProgress(line: string): Extract<JobEvent, { kind: 'progress' }>['data'] | undefined
  /** `result` is the content of the result file, if there is one. */
  concludes(end: ExecutionEnd, result: string | ResultRefusal | undefined): Completion
}
