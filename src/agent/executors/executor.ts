/**
 * The port to where a job runs. Every executor passes `executor.testsuite.ts`. An execution survives the agent: a later
 * process takes it up from its record.
 */
import { z } from 'zod'
import type { ErrorCode } from '../../errors/table.ts'

export interface ExecutionFiles {
  /** Names the execution where it runs: a job has one at a time. */
  jobId: string
  /** Files that take the output. A later agent finds all of it in them, what was written without an agent, too. */
  stdoutPath: string
  stderrPath: string
}

export interface ExecutionSpec extends ExecutionFiles {
  /** The program and its arguments. There is no shell. */
  argv: readonly [string, ...string[]]
  /** What is added to the environment of the place where it runs; nothing of the agent's is inherited beyond it. */
  env: Readonly<Record<string, string>>
  /** The working directory, and the only place that the program needs to write to. */
  directory: string
}

/** What finds an execution again. Plain data, kept on disk. */
export const ExecutionRecord = z.discriminatedUnion('executor', [
  z.object({
    executor: z.literal('process'),
    pid: z.number().int(),
    startTime: z.string(),
    /** The folder of the control group that it runs in, where it has one of its own. */
    controlGroup: z.string().optional(),
  }),
  z.object({ executor: z.literal('docker'), containerId: z.string() }),
])
export type ExecutionRecord = z.infer<typeof ExecutionRecord>

export interface ExecutionEnd {
  /** Both null when it is not known any more: then only its files tell how it ended. */
  exitCode: number | null
  signal: string | null
  /** What the executor knows of the end that the program itself cannot say. */
  failure?: { code: ErrorCode; message: string }
  /** For the job's log: what it left and was cleaned up, or could not be. */
  note?: string
}

export interface Execution {
  readonly record: ExecutionRecord
  /** What it runs in, for the evidence (`image`, `image_digest`); empty where that is the machine itself. */
  readonly software: Readonly<Record<string, string>>
  /** Resolves once, when nothing of it runs any more. Never rejects. */
  readonly ended: Promise<ExecutionEnd>
  /** Asks it to end, and makes it after `graceMs`. Idempotent; does not wait. */
  stop(graceMs: number): void
}

export interface Executor {
  readonly name: ExecutionRecord['executor']
  /** Throws when the program cannot be started: then nothing runs. */
  start(spec: ExecutionSpec): Promise<Execution>
  /**
   * The execution of a job that an earlier agent started, if it still runs or its end can still be told. The record is
   * null when that agent was killed while it started the job.
   */
  attach(record: ExecutionRecord | null, files: ExecutionFiles): Promise<Execution | undefined>
}
