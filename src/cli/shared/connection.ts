/** From options and environment to a client of the control plane, with the token that it takes. */
import { userInfo } from 'node:os'
import { type ControlPlaneClient, createClient } from '../../contract/client.ts'
import { VERSION } from '../../core/version.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { type ConnectionOptions, httpUrl, resolveDataDir } from './options.ts'

export type TokenSource = () => Promise<string>

/** Minted tokens live for an hour and are replaced when less than this is left. */
const TOKEN_TTL_SECONDS = 3600
const TOKEN_RENEWAL_MARGIN_MS = 600_000

/** The address to talk to: the option, `RADIX_API_BASE`, or the server that runs on the data directory. */
export async function findApiBase(options: ConnectionOptions): Promise<string> {
  const given = givenApiBase(options)
  if (given) return given
  const directory = resolveDataDir(options)
  const { readServerRecord } = await import('../../control-plane/data-directory.ts')
  const server = await readServerRecord(directory)
  if (!server) throw new RadixError('NO_CONTROL_PLANE', { directory })
  return server.url
}

/** The address that the user gave, if any. */
export function givenApiBase(options: ConnectionOptions): string | undefined {
  return findApiBaseOf(options, undefined)
}

/** The option, `RADIX_API_BASE`, or what a configuration file says. */
export function findApiBaseOf(options: ConnectionOptions, fromFile: string | undefined): string | undefined {
  const value = options.apiBase ?? (process.env.RADIX_API_BASE || fromFile)
  if (!value) return undefined
  try {
    return httpUrl(value)
  } catch (error) {
    const message = `--api-base ${value}: ${error instanceof Error ? error.message : String(error)}.`
    throw new RadixError('USAGE', { message, help_command: 'radix --help' }, { cause: error })
  }
}

/** A user token for `apiBase`: `RADIX_TOKEN`, or one minted by the local issuer of the server on this data directory. */
export async function findTokenSource(apiBase: string, options: ConnectionOptions): Promise<TokenSource> {
  const given = process.env.RADIX_TOKEN
  if (given) return async () => given
  const dataDir = resolveDataDir(options)
  const { readServerRecord } = await import('../../control-plane/data-directory.ts')
  const server = await readServerRecord(dataDir)
  if (!server || new URL(server.url).origin !== new URL(apiBase).origin) {
    throw new RadixError('AUTH_NOT_CONFIGURED', { api_base: apiBase })
  }
  return createLocalTokenSource(dataDir)
}

/** Tokens of the data directory's own issuer: who may read its key may use it. */
export function createLocalTokenSource(dataDir: string): TokenSource {
  let current: { token: string; renewAtMs: number } | undefined
  return async () => {
    if (!current || Date.now() >= current.renewAtMs) {
      current = {
        token: await mintLocalToken(dataDir, TOKEN_TTL_SECONDS),
        renewAtMs: Date.now() + TOKEN_TTL_SECONDS * 1000 - TOKEN_RENEWAL_MARGIN_MS,
      }
    }
    return current.token
  }
}

export async function mintLocalToken(dataDir: string, ttlSeconds: number, tenantId = 'local'): Promise<string> {
  const { openLocalIssuer } = await import('../../control-plane/auth/local-issuer.ts')
  const issuer = await openLocalIssuer(dataDir)
  return issuer.mintToken({ subject: userInfo().username, tenantId, ttlSeconds })
}

/** A client for user routes. */
export async function connect(options: ConnectionOptions): Promise<ControlPlaneClient> {
  const apiBase = await findApiBase(options)
  const credential = await findTokenSource(apiBase, options)
  return createClient({ baseUrl: apiBase, credential, userAgent: `radix/${VERSION}` })
}
