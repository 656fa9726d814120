/**
 * A named image of the agent can be pulled without signing in, as the machine will do, and is for the machine's platform:
 * its registry is asked for the manifest.
 */
import { z } from 'zod'
import { boundedFetch, StatusError } from '../../../core/bounded-fetch.ts'
import { EC2_LIMITS } from '../../../core/limits/ec2.ts'
import { ABSENT, found, type Lookup, unknown } from '../../../core/lookup.ts'
import { describeNetworkError } from '../../../core/network-errors.ts'
import { parseOutsideJson } from '../../../core/outside-json.ts'
import { RadixError } from '../../../errors/radix-error.ts'
import { errorFinding, type Finding, warningFinding } from '../../provider.ts'
import type { CheckContext } from './check.ts'

const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

const Token = z.object({ token: z.string().optional(), access_token: z.string().optional() })

/** `Docker-Content-Digest` and `os/architecture`; null where the registry did not let them be read. */
interface SeenImage {
  digest: string | null
  platforms: readonly string[] | null
}

/** Of the AMIs that a run chooses. */
const PLATFORM = 'linux/amd64'

const Platform = z.object({ os: z.string(), architecture: z.string() })
const Manifest = z.object({
  manifests: z.array(z.object({ platform: Platform.optional() })).optional(),
  config: z.object({ digest: z.string().regex(/^[a-z0-9]+:[0-9a-f]+$/) }).optional(),
})

export async function checkAgentImage({ settings: { agentImage } }: CheckContext): Promise<Finding[]> {
  if (agentImage === null) return []
  const seen = await lookForImage(agentImage)
  const unusable = (reason: string) => new RadixError('AGENT_IMAGE_UNUSABLE', { image: agentImage, reason })
  if (seen.outcome === 'unknown')
    return [warningFinding(unusable(`whether it can be pulled is not known: ${seen.reason}`))]
  if (seen.outcome === 'absent')
    return [errorFinding(unusable('its registry has no image of that name that can be pulled without signing in'))]
  const { digest, platforms } = seen.value
  if (platforms === null) return [warningFinding(unusable(`whether it runs on ${PLATFORM} is not known`))]
  if (platforms.includes(PLATFORM)) return []
  const shown = platforms.join(', ') || 'no platform'
  return [errorFinding(unusable(`it is for ${shown}, and the machine needs ${PLATFORM} (${digest ?? 'no digest'})`))]
}

/** `fetch` is passed in by tests. */
export async function lookForImage(reference: string, get: typeof fetch = fetch): Promise<Lookup<SeenImage>> {
  const { registry, repository, version } = parseReference(reference)
  const scheme = /^(localhost|127\.0\.0\.1)(:|$)/.test(registry) ? 'http' : 'https'
  const base = `${scheme}://${registry}/v2/${repository}`
  const url = `${base}/manifests/${version}`
  const headersOf = (token?: string): Record<string, string> => ({
    accept: MANIFEST_TYPES,
    ...(token ? { authorization: `Bearer ${token}` } : {}),
  })
  const ask = (token?: string) =>
    get(url, { method: 'HEAD', headers: headersOf(token), signal: AbortSignal.timeout(EC2_LIMITS.registry.value) })
  try {
    let token: string | undefined
    let answer = await ask()
    if (answer.status === 401) {
      token = await getAnonymousToken(answer.headers.get('www-authenticate') ?? '', get)
      if (!token) return ABSENT
      answer = await ask(token)
    }
    if (answer.ok) {
      const platforms = await readPlatforms(base, url, headersOf(token), get).catch(() => null)
      return found({ digest: answer.headers.get('docker-content-digest'), platforms })
    }
    if ([401, 403, 404].includes(answer.status)) return ABSENT
    return unknown(`${registry} answered with status ${answer.status}`)
  } catch (error) {
    return unknown(`${registry} could not be reached: ${describeNetworkError(error)}`, error)
  }
}

/** An index names its platforms. The configuration of a single image does, which registries keep at another address. */
async function readPlatforms(
  base: string,
  url: string,
  headers: Record<string, string>,
  get: typeof fetch,
): Promise<string[]> {
  const bounds = { timeoutMs: EC2_LIMITS.registry.value, maxBytes: EC2_LIMITS.registryManifest.value, fetch: get }
  const read = async <T>(address: string, schema: z.ZodType<T>, sent: Record<string, string>) => {
    const { bytes } = await boundedFetch(address, { ...bounds, headers: sent })
    return parseOutsideJson(new TextDecoder().decode(bytes), schema, { maxCharacters: bounds.maxBytes })
  }
  const { manifests, config } = await read(url, Manifest, headers)
  if (manifests) return manifests.flatMap(({ platform }) => (platform ? [nameOf(platform)] : []))
  if (!config) throw new Error('neither an index nor an image')
  const blob = `${base}/blobs/${config.digest}`
  const signal = AbortSignal.timeout(EC2_LIMITS.registry.value)
  const answer = await get(blob, { method: 'HEAD', headers, redirect: 'manual', signal })
  const elsewhere = answer.headers.get('location')
  // The token is for the registry only.
  const place = elsewhere ? { address: new URL(elsewhere, blob).href, sent: {} } : { address: blob, sent: headers }
  return [nameOf(await read(place.address, Platform, place.sent))]
}

function nameOf({ os, architecture }: z.infer<typeof Platform>): string {
  return `${os}/${architecture}`
}

/** `Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="…"`; undefined where the service gives none without sign-in. */
async function getAnonymousToken(challenge: string, get: typeof fetch): Promise<string | undefined> {
  const parameters = Object.fromEntries(
    [...challenge.matchAll(/\b([a-z]{1,20})="([^"]{0,1000})"/g)].map(([, key, value]) => [key, value]),
  )
  if (!/^bearer /i.test(challenge) || !parameters.realm) return undefined
  const url = new URL(parameters.realm)
  for (const key of ['service', 'scope']) if (parameters[key]) url.searchParams.set(key, parameters[key])
  const bounds = { timeoutMs: EC2_LIMITS.registry.value, maxBytes: EC2_LIMITS.registryToken.value }
  try {
    const { bytes } = await boundedFetch(url, { ...bounds, fetch: get })
    const text = new TextDecoder().decode(bytes)
    const { token, access_token } = parseOutsideJson(text, Token, { maxCharacters: bounds.maxBytes })
    return token ?? access_token
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    if (error.status === 401 || error.status === 403) return undefined
    throw new Error(`${url.host} answered with status ${error.status}`)
  }
}

/** As Docker reads it: the first part is a registry when it looks like a host. */
export function parseReference(reference: string): { registry: string; repository: string; version: string } {
  const [first = '', ...rest] = reference.split('/')
  const hasRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  const named = hasRegistry ? rest.join('/') : reference
  const [path = '', digest] = named.split('@')
  const [, name = path, tag] = /^(.*?)(?::([^:/]+))?$/.exec(path) ?? []
  const registry = !hasRegistry || first === 'docker.io' ? 'registry-1.docker.io' : first
  const isOfficial = registry === 'registry-1.docker.io' && !name.includes('/')
  return { registry, repository: isOfficial ? `library/${name}` : name, version: digest ?? tag ?? 'latest' }
}
