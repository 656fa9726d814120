/**
 * The port to where a job runs. Every executor passes `executor.testsuite.ts`. An execution survives the agent: a later
 * process takes it up from its record.
 */
import { z } from 'zod'

export interface ExecutionSpec {
  /** The program and its arguments. There is no shell. */
  argv: readonly [string, ...string[]]
  /** The whole environment: nothing is inherited beyond it. */
  env: Readonly<Record<string, string>>
  directory: string
  /** Files that take the output; the execution writes them itself, so that they outlive the agent. */
  stdoutPath: string
  stderrPath: string
}

/** What finds an execution again. Plain data, kept on disk. */
export const ExecutionRecord = z.object({ executor: z.string(), pid: z.number().int(), startTime: z.string() })
export type ExecutionRecord = z.infer<typeof ExecutionRecord>

export interface ExecutionEnd {
  /** Both null when the execution was taken up from its record: then only its files tell how it ended. */
  exitCode: number | null
  signal: string | null
}

export interface Execution {
  readonly record: ExecutionRecord
  /** Resolves once, when nothing of it runs any more. Never rejects. */
  readonly ended: Promise<ExecutionEnd>
  /** Asks it to end, and makes it after `graceMs`. Idempotent; does not wait. */
  stop(graceMs: number): void
}

export interface Executor {
  readonly name: string
  /** Throws when the program cannot be started: then nothing runs. */
  start(spec: ExecutionSpec): Promise<Execution>
  /** The execution of a record, if it still runs. */
  attach(record: ExecutionRecord): Execution | undefined
}
