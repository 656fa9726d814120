/**
 * The port to where a job runs. Every executor passes `executor.testsuite.ts`. An execution survives the agent: a later
 * process resumes it from its record.
 */
import { z } from 'zod'
import type { ErrorCode } from '../../errors/table.ts'

export interface ExecutionFiles {
  /** Names the execution where it runs: a job has one at a time. */
  jobId: string
  /** Files for the output. A later agent finds all of it there, including output from the time without an agent. */
  stdoutPath: string
  stderrPath: string
}

export interface ExecutionSpec extends ExecutionFiles {
  /** The program and its arguments. There is no shell. */
  argv: readonly [string, ...string[]]
  /**
   * Variables to add to the environment of the place where it runs. Nothing else of the agent's environment is
   * inherited.
   */
  env: Readonly<Record<string, string>>
  /** The working directory, and the only place that the program needs to write to. */
  directory: string
}

/** The record that finds an execution again. Plain data, kept on disk. */
export const ExecutionRecord = z.discriminatedUnion('executor', [
  z.object({
    executor: z.literal('process'),
    pid: z.number().int(),
    startTime: z.string(),
    /** The folder of its control group, if it has its own. */
    controlGroup: z.string().optional(),
  }),
  z.object({ executor: z.literal('docker'), containerId: z.string() }),
])
export type ExecutionRecord = z.infer<typeof ExecutionRecord>

export interface ExecutionEnd {
  /** Both null if they are no longer known: then only its files show how it ended. */
  exitCode: number | null
  signal: string | null
  /** What only the executor knows about the end of the program. */
  failure?: { code: ErrorCode; message: string }
  /** For the job's log: leftovers that were cleaned up, or could not be. */
  note?: string
}

export interface Execution {
  readonly record: ExecutionRecord
  /** What it runs in, for the evidence (`image`, `image_digest`). Empty if that is the machine itself. */
  readonly software: Readonly<Record<string, string>>
  /** Resolves once, when no process of it is running. Never rejects. */
  readonly ended: Promise<ExecutionEnd>
  /** Asks it to end, and forces it after `graceMs`. Idempotent; does not wait. */
  stop(graceMs: number): void
}

export interface Executor {
  readonly name: ExecutionRecord['executor']
  /** Throws if the program cannot be started: then nothing runs. */
  start(spec: ExecutionSpec): Promise<Execution>
  /**
   * The execution of a job that an earlier agent started, if it still runs or its end is still known. The record is
   * null if that agent was killed while it started the job.
   */
  attach(record: ExecutionRecord | null, files: ExecutionFiles): Promise<Execution | undefined>
}
