/**
 * The token of a run, for the OIDC token of a GitHub Actions job: nothing is stored anywhere.
 * https://docs.github.com/en/actions/reference/security/oidc#methods-for-requesting-the-oidc-token
 */
import { z } from 'zod'
import { createClient } from '../../../contract/client.ts'
import { boundedFetch } from '../../../core/bounded-fetch.ts'
import { type Clock, systemClock } from '../../../core/clock.ts'
import { CLI_LIMITS } from '../../../core/limits/cli.ts'
import { describeNetworkError } from '../../../core/network-errors.ts'
import { parseOutsideJson } from '../../../core/outside-json.ts'
import { VERSION } from '../../../core/version.ts'
import { RadixError } from '../../../errors/radix-error.ts'
import { keepToken, type TokenSource } from './token-source.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface GithubTokenOptions {
  env: Environment
  apiBase: string
  /** Distinguishes the jobs of one matrix; the run's id is derived with it. */
  key: string
  onSecret?: ((secret: string) => void) | undefined
  clock?: Clock
}

const timeoutMs = CLI_LIMITS.githubToken.value
const maxBytes = CLI_LIMITS.githubTokenAnswer.value
const retries = CLI_LIMITS.githubTokenRetries.value
const Answer = z.object({ value: z.string().min(1) })

/** True in a job that has the permission `id-token: write`. */
export function mayAskGithub(env: Environment): boolean {
  return Boolean(env.ACTIONS_ID_TOKEN_REQUEST_URL && env.ACTIONS_ID_TOKEN_REQUEST_TOKEN)
}

/** Each GitHub token is valid for one exchange, so each exchange requests a new one. */
export function createGithubTokenSource(options: GithubTokenOptions): TokenSource {
  const { env, apiBase, key, onSecret, clock = systemClock } = options
  const client = createClient({ baseUrl: apiBase, userAgent: `radix/${VERSION}` })
  return keepToken(async () => {
    const githubToken = await requestGithubToken(env, env.RADIX_GITHUB_AUDIENCE || apiBase, clock)
    onSecret?.(githubToken)
    const { token, expires_at } = await client.call('exchangeGithubToken', { body: { token: githubToken, key } })
    onSecret?.(token)
    return { token, expiresAt: new Date(expires_at) }
  })
}

async function requestGithubToken(env: Environment, audience: string, clock: Clock): Promise<string> {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: address, ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret } = env
  if (!address || !secret)
    throw new RadixError('GITHUB_TOKEN_UNAVAILABLE', { reason: 'this job has no permission for it' })
  const url = new URL(address)
  url.searchParams.set('audience', audience)
  try {
    const headers = { authorization: `Bearer ${secret}`, accept: 'application/json; api-version=2.0' }
    const { bytes } = await boundedFetch(url, { headers, timeoutMs, maxBytes, retries, clock })
    return parseOutsideJson(Buffer.from(bytes).toString(), Answer, { maxCharacters: maxBytes }).value
  } catch (error) {
    throw new RadixError('GITHUB_TOKEN_UNAVAILABLE', { reason: describeNetworkError(error) }, { cause: error })
  }
}
