/**
 * What the Action needs from the machine that runs the job.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/variables
 */
import { join } from 'node:path'
import type * as core from '@actions/core'
import { z } from 'zod'
import { deriveGithubRunId } from '../core/github-run.ts'
import { RadixError } from '../errors/radix-error.ts'

/** The toolkit's own module. It is passed in, so no other module depends on it. */
export type Toolkit = Pick<
  typeof core,
  | 'getInput'
  | 'getState'
  | 'saveState'
  | 'setOutput'
  | 'setSecret'
  | 'error'
  | 'warning'
  | 'notice'
  | 'info'
  | 'startGroup'
  | 'endGroup'
  | 'summary'
>

const Environment = z.object({
  GITHUB_REPOSITORY_ID: z.string().min(1),
  GITHUB_RUN_ID: z.string().min(1),
  GITHUB_RUN_ATTEMPT: z.string().min(1),
  GITHUB_RUN_NUMBER: z.string().min(1),
  RUNNER_TEMP: z.string().min(1),
})

export interface Job {
  /** Known before anything is started. A clean-up needs nothing else. */
  runId: string
  runNumber: string
  /** Journals and evidence: kept until the job ends. */
  dataDir: string
  outputDirectory: string
}

/** Throws `CONFIGURATION_INVALID` outside of a job. */
export function readJob(env: NodeJS.ProcessEnv, runKey: string): Job {
  const parsed = Environment.safeParse(env)
  if (!parsed.success) {
    const setting = String(parsed.error.issues[0]?.path[0])
    const reason = 'this is not a GitHub Actions job'
    throw new RadixError('CONFIGURATION_INVALID', {
      setting,
      value: 'not set',
      reason,
      expected: 'what the runner sets',
    })
  }
  const { GITHUB_REPOSITORY_ID, GITHUB_RUN_ID, GITHUB_RUN_ATTEMPT, GITHUB_RUN_NUMBER, RUNNER_TEMP } = parsed.data
  const directory = join(RUNNER_TEMP, 'radix')
  return {
    runId: deriveGithubRunId({
      repositoryId: GITHUB_REPOSITORY_ID,
      runId: GITHUB_RUN_ID,
      runAttempt: GITHUB_RUN_ATTEMPT,
      key: runKey,
    }),
    runNumber: GITHUB_RUN_NUMBER,
    dataDir: join(directory, 'data'),
    outputDirectory: join(directory, 'evidence'),
  }
}
