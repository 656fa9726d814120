/**
 * Distinguishes credentials that are not configured from those that have expired or are unavailable now and may be
 * renewed.
 */
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { EC2_LIMITS } from '../../core/limits/ec2.ts'
import { within } from '../../core/within.ts'
import type { AwsClients } from './aws-clients.ts'
import { AwsCallTimedOut } from './call-limits.ts'

/** Each names a source of credentials. https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html */
const SOURCES_IN_ENVIRONMENT = [
  'AWS_ACCESS_KEY_ID',
  'AWS_PROFILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
]
const SOURCE_IN_FILE =
  /^[ \t]*(aws_access_key_id|credential_process|credential_source|role_arn|login_session|sso_\w+)\b/m

/** The SDK's message for absent credentials. `undefined` if any source is configured, even if that source fails. */
export async function findAbsentCredentials({ ec2 }: Pick<AwsClients, 'ec2'>, env = process.env): Promise<unknown> {
  const timeoutMs = EC2_LIMITS.call.value
  const asked = ec2.config.credentials().then(() => undefined)
  const failure = await within(timeoutMs, asked, () => new AwsCallTimedOut('credentials', timeoutMs)).catch(
    (error: unknown) => error,
  )
  // The SDK reports the same for a user's credential program that fails, or returns expired credentials.
  const isExhausted = failure instanceof Error && /from any providers/.test(failure.message)
  return isExhausted && !isSourceConfigured(env) ? failure : undefined
}

function isSourceConfigured(env: NodeJS.ProcessEnv): boolean {
  if (SOURCES_IN_ENVIRONMENT.some((name) => env[name])) return true
  const folder = join(homedir(), '.aws')
  const files = [
    env.AWS_CONFIG_FILE || join(folder, 'config'),
    env.AWS_SHARED_CREDENTIALS_FILE || join(folder, 'credentials'),
  ]
  return files.some((path) => {
    try {
      return SOURCE_IN_FILE.test(readFileSync(path, 'utf8'))
    } catch (error) {
      // An unreadable file may name a source.
      return !(error instanceof Error && 'code' in error && error.code === 'ENOENT')
    }
  })
}
