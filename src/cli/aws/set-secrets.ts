/** Sets the secrets of a GitHub repository with `gh`: no shell, and the values through stdin, where nobody can list them. */
import { spawn } from 'node:child_process'
import { CLI_LIMITS } from '../../core/limits/cli.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { Secret } from '../../providers/ec2/account/github-secrets.ts'
import { note } from '../shared/output.ts'

/** Throws `GITHUB_SECRET_NOT_SET`. */
export async function setSecrets(repository: string, secrets: readonly Secret[]): Promise<void> {
  for (const secret of secrets) {
    await setSecret(repository, secret)
    note(`  set secret ${secret.name} of ${repository}`)
  }
}

function setSecret(repository: string, { name, value }: Secret): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (message: string) => reject(new RadixError('GITHUB_SECRET_NOT_SET', { name, repository, message }))
    const child = spawn('gh', ['secret', 'set', name, '--repo', repository], {
      stdio: ['pipe', 'ignore', 'pipe'],
      timeout: CLI_LIMITS.secretSetting.value,
      killSignal: 'SIGKILL',
    })
    let complaint = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text
    })
    child.once('error', (error) => fail(error.message))
    child.once('close', (status, signal) =>
      status === 0 ? resolve() : fail(complaint.trim() || `it ended with ${signal ?? status}`),
    )
    // It may end without reading: why, it says itself.
    child.stdin.on('error', () => {})
    child.stdin.end(value)
  })
}
