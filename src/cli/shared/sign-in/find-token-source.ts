/** Chooses how to sign in from what is configured, so the user need not repeat it. */
import { CLI_LIMITS } from '../../../core/limits/cli.ts'
import { isRadixError, RadixError } from '../../../errors/radix-error.ts'
import type { DataDirOption } from '../options.ts'
import { resolveDataDir } from '../options.ts'
import type { TokenSource } from './token-source.ts'

export const TOKEN_SOURCES = ['local', 'github', 'cognito'] as const
export type TokenSourceName = (typeof TOKEN_SOURCES)[number]

export interface SignInOptions extends DataDirOption {
  /** In GitHub Actions: distinguishes the jobs of one matrix. */
  runKey?: string | undefined
  /** Receives every secret before its use, so no log shows it. */
  onSecret?: ((secret: string) => void) | undefined
}

/**
 * A user token for `apiBase`: `RADIX_TOKEN`; one of the local issuer where that server runs on this data directory; in a
 * GitHub job one for its own token, where the control plane takes that; else one of Cognito. Throws
 * `AUTH_NOT_CONFIGURED`, or `API_UNREACHABLE` where nothing answers there either.
 */
export async function findTokenSource(apiBase: string, options: SignInOptions): Promise<TokenSource> {
  const { env } = process
  const given = givenToken(options)
  if (given) return given
  if (await isOwnServer(apiBase, options)) return openTokenSource('local', apiBase, options)
  const [{ mayAskGithub }, { mentionsCognito }] = await Promise.all([import('./github.ts'), import('./cognito.ts')])
  const [asksGithub, asksCognito] = [mayAskGithub(env), mentionsCognito(env)]
  if (asksGithub && asksCognito) return preferGithub(apiBase, options)
  if (asksGithub) return openTokenSource('github', apiBase, options)
  if (asksCognito) return openTokenSource('cognito', apiBase, options)
  await assertAnswers(apiBase)
  throw new RadixError('AUTH_NOT_CONFIGURED', { api_base: apiBase })
}

/** For the server of the data directory: `RADIX_TOKEN`, or a token of the local issuer. */
export async function findOwnTokenSource(options: SignInOptions): Promise<TokenSource> {
  return givenToken(options) ?? openTokenSource('local', '', options)
}

function givenToken({ onSecret }: SignInOptions): TokenSource | undefined {
  const given = process.env.RADIX_TOKEN
  if (!given) return undefined
  onSecret?.(given)
  return async () => given
}

/** A token would not help where nothing answers. Throws `API_UNREACHABLE`, which names both. */
async function assertAnswers(apiBase: string): Promise<void> {
  const { createClient } = await import('../../../contract/client.ts')
  try {
    const timeoutMs = CLI_LIMITS.firstAnswer.value
    await createClient({ baseUrl: apiBase }).call('health', {}, { timeoutMs, retries: 1 })
  } catch (error) {
    if (!isRadixError(error, 'API_UNREACHABLE')) return
    const why = `${error.why} Nor is there a way to sign in: RADIX_TOKEN and the Cognito settings are not set.`
    throw new RadixError('API_UNREACHABLE', {} as never, { words: { why, fix: error.fix }, cause: error.cause })
  }
}

export async function openTokenSource(
  name: TokenSourceName,
  apiBase: string,
  options: SignInOptions,
): Promise<TokenSource> {
  const { env } = process
  const { onSecret, runKey: key = '' } = options
  switch (name) {
    case 'local':
      return (await import('./local.ts')).createLocalTokenSource(resolveDataDir(options))
    case 'github':
      return (await import('./github.ts')).createGithubTokenSource({ env, apiBase, key, onSecret })
    case 'cognito':
      return (await import('./cognito.ts')).createCognitoTokenSource(env, onSecret)
  }
}

/** GitHub gives no token here, or the control plane takes none: then by Cognito. A job that is refused stays refused. */
const NOT_BY_GITHUB = ['AUTH_GITHUB_NOT_CONFIGURED', 'GITHUB_TOKEN_UNAVAILABLE', 'ROUTE_NOT_FOUND'] as const

/** Every job that assumes an AWS role may ask GitHub, whether or not the control plane has let it in. */
async function preferGithub(apiBase: string, options: SignInOptions): Promise<TokenSource> {
  const github = await openTokenSource('github', apiBase, options)
  let chosen: TokenSource | undefined
  return async () => {
    if (chosen) return chosen()
    try {
      const token = await github()
      chosen = github
      return token
    } catch (error) {
      if (!NOT_BY_GITHUB.some((code) => isRadixError(error, code))) throw error
      chosen = await openTokenSource('cognito', apiBase, options)
      return chosen()
    }
  }
}

async function isOwnServer(apiBase: string, options: DataDirOption): Promise<boolean> {
  const { readServerRecord } = await import('../../../control-plane/data-directory.ts')
  const server = await readServerRecord(resolveDataDir(options))
  return server !== undefined && new URL(server.url).origin === new URL(apiBase).origin
}
