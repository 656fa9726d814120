/**
 * Sets the secrets of a GitHub repository with `gh`, without a shell. Values go through stdin, so the process list
 * never shows them.
 */
import { CLI_LIMITS } from '../../core/limits/cli.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { Secret } from '../../providers/ec2/account/github-secrets.ts'
import { type ProgramOutcome, runProgram } from '../../system/run-program.ts'
import { note } from '../shared/output.ts'

/** Throws `GITHUB_SECRET_NOT_SET`. */
export async function setSecrets(repository: string, secrets: readonly Secret[]): Promise<void> {
  for (const secret of secrets) {
    await setSecret(repository, secret)
    note(`  set secret ${secret.name} of ${repository}`)
  }
}

async function setSecret(repository: string, { name, value }: Secret): Promise<void> {
  const argv = ['gh', 'secret', 'set', name, '--repo', repository] as const
  const answer = await runProgram([...argv], { timeoutMs: CLI_LIMITS.secretSetting.value, input: value })
  if (answer.outcome === 'exited' && answer.exitCode === 0) return
  throw new RadixError('GITHUB_SECRET_NOT_SET', { name, repository, message: describe(answer) })
}

function describe(answer: ProgramOutcome): string {
  switch (answer.outcome) {
    case 'exited':
      return answer.stderr.trim() || `it exited with ${answer.signal ?? answer.exitCode}`
    case 'not-started':
      return answer.reason
    case 'timed-out':
      return answer.stderr.trim() || `it took more than ${CLI_LIMITS.secretSetting.value / 1000} s`
    case 'too-much-output':
      return 'its output was too long'
  }
}
