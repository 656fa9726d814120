import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createEc2RegionsProvider } from './ec2-regions.ts'
import { parseEc2Settings } from './settings.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'radix-credentials-'))
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined)
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
  vi.stubEnv('AWS_CONFIG_FILE', join(directory, 'config'))
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(directory, 'credentials'))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(directory, { recursive: true })
})

const requireCredentials = (settings = {}) =>
  createEc2RegionsProvider(parseEc2Settings({ region: 'us-west-2', ...settings })).requireCredentials?.()

it('refuses a process without credentials, with the code and exit code of credentials', async () => {
  await expect(requireCredentials()).rejects.toMatchObject({ code: 'AWS_CREDENTIALS_INVALID', exitCode: 4 })
  const fallback = { fallbackRegions: [{ region: 'us-east-1' }] }
  await expect(requireCredentials(fallback)).rejects.toMatchObject({ code: 'AWS_CREDENTIALS_INVALID' })
})

it('accepts credentials that may have expired, or that a sign-in would renew', async () => {
  const expired = '{"Version":1,"AccessKeyId":"a","SecretAccessKey":"b","Expiration":"2020-01-01T00:00:00Z"}'
  const sources = {
    keys: 'aws_access_key_id = a\naws_secret_access_key = b',
    expired: `credential_process = echo '${expired}'`,
    failing: 'credential_process = false',
    sso: 'sso_start_url = https://example.com\nsso_region = us-east-1\nsso_account_id = 1\nsso_role_name = r',
  }
  for (const [name, lines] of Object.entries(sources)) {
    for (const profile of [name, undefined]) {
      await writeFile(join(directory, 'config'), `[${profile ? `profile ${name}` : 'default'}]\n${lines}\n`)
      vi.stubEnv('AWS_PROFILE', profile)
      await expect(requireCredentials(), name).resolves.toBeUndefined()
    }
  }
  await writeFile(join(directory, 'config'), '[default]\nregion = us-west-2\n')
  await expect(requireCredentials()).rejects.toMatchObject({ code: 'AWS_CREDENTIALS_INVALID' })
})
