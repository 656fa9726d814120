/** Builds a client of the control plane, with its token, from options and environment. */
import { type ControlPlaneClient, createClient } from '../../contract/client.ts'
import { endSentence } from '../../core/format.ts'
import { VERSION } from '../../core/version.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { closeAtEnd } from './at-end.ts'
import { createFollowingFetch } from './following-fetch.ts'
import { type ConnectionOptions, httpUrl, resolveDataDir } from './options.ts'
import { findOwnTokenSource, findTokenSource } from './sign-in/find-token-source.ts'

/** The address to talk to: the option, `RADIX_API_BASE`, or the server that runs on the data directory, once it is up. */
export async function findApiBase(options: ConnectionOptions): Promise<string> {
  const given = givenApiBase(options)
  if (given) return given
  const directory = resolveDataDir(options)
  const { awaitServer } = await import('../../control-plane/data-directory.ts')
  const server = await awaitServer(directory)
  if (server.state === 'absent') throw new RadixError('NO_CONTROL_PLANE', { directory })
  return server.url
}

/** The address that the user gave, if any. */
export function givenApiBase(options: ConnectionOptions): string | undefined {
  return findApiBaseOf(options, undefined)
}

/** The option, `RADIX_API_BASE`, or what a configuration file says. */
export function findApiBaseOf(options: ConnectionOptions, fromFile: string | undefined): string | undefined {
  const [source, value] =
    [
      ['--api-base', options.apiBase],
      ['RADIX_API_BASE', process.env.RADIX_API_BASE || undefined],
      ['api_base of the configuration file', fromFile],
    ].find(([, given]) => given !== undefined) ?? []
  if (!value) return undefined
  try {
    return httpUrl(value)
  } catch (error) {
    const message = endSentence(`${source} ${value}: ${error instanceof Error ? error.message : String(error)}`)
    throw new RadixError('USAGE', { message, help_command: 'radix --help' }, { cause: error })
  }
}

/**
 * A client for user routes. If the local control plane belongs to another command and ends with it, the client starts
 * the next one, which ends with this command. Requests that may be repeated do not notice.
 */
export async function connect(options: ConnectionOptions): Promise<ControlPlaneClient> {
  const userAgent = `radix/${VERSION}`
  const apiBase = givenApiBase(options)
  if (apiBase) {
    return createClient({ baseUrl: apiBase, credential: await findTokenSource(apiBase, options), userAgent })
  }
  const { findServerOf } = await import('./find-server.ts')
  const server = await findServerOf(resolveDataDir(options))
  closeAtEnd(() => server.close())
  const fetch = createFollowingFetch(Promise.resolve(server), server.url)
  return createClient({ baseUrl: server.url, credential: await findOwnTokenSource(options), fetch, userAgent })
}
