/** Run ids of GitHub Actions: derived, so that whoever cleans up needs nothing from the step that started the run. */
import { deriveId } from './ids.ts'

export interface GithubAttempt {
  /** `GITHUB_REPOSITORY_ID`: the name may change. */
  repositoryId: string
  /** `GITHUB_RUN_ID` */
  runId: string
  /** `GITHUB_RUN_ATTEMPT` */
  runAttempt: string
  /** Tells the jobs of one matrix apart; empty where there is one. */
  key: string
}

export function deriveGithubRunId({ repositoryId, runId, runAttempt, key }: GithubAttempt): string {
  return deriveId('run', ['github', repositoryId, runId, runAttempt, key])
}
