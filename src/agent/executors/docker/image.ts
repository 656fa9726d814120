/** Decides which images may run, and resolves the exact content. */
import { RadixError } from '../../../errors/radix-error.ts'
import type { Engine, ImageFacts } from './engine.ts'
import { classifyRefusal, EngineRefusal, type RefusalCode } from './engine-errors.ts'

export interface WorkloadImage {
  /** The reference as requested. */
  reference: string
  /** The content id, independent of later changes of the reference. Containers are created from it. */
  id: string
  /** The registry's digest of the content; the id if the image is not from a registry. */
  digest: string
}

/** Throws `WORKLOAD_IMAGE_NOT_ALLOWED`. */
export function requireAllowedImage(reference: string, allowedRepositories: readonly string[]): void {
  const allowed = allowedRepositories.map((repository) => parseImageReference(repository)?.repository)
  const parsed = parseImageReference(reference)
  if (parsed && allowed.includes(parsed.repository)) return
  const image = JSON.stringify(reference)
  throw new RadixError('WORKLOAD_IMAGE_NOT_ALLOWED', { image, allowed: allowedRepositories.join(', ') || 'none' })
}

/** Looks up the image, and pulls it if the engine does not have it. Throws `WORKLOAD_IMAGE_MISSING`. */
export async function obtainImage(engine: Engine, reference: string): Promise<WorkloadImage> {
  let facts = await engine.inspectImage(reference)
  if (!facts) {
    await pull(engine, reference)
    facts = await engine.inspectImage(reference)
  }
  if (!facts) throw missing(reference, 'the pull returned a different image')
  return { reference, id: facts.Id, digest: findDigest(reference, facts) }
}

export function findDigest(reference: string, { Id, RepoDigests }: ImageFacts): string {
  const repository = parseImageReference(reference)?.repository
  const named = RepoDigests?.find((name) => parseImageReference(name)?.repository === repository)
  return named?.split('@')[1] ?? Id
}

/**
 * `repository` in full (`docker.io/library/ubuntu` for `ubuntu`); `undefined` for an invalid reference.
 * https://github.com/distribution/reference
 */
export function parseImageReference(text: string): { repository: string } | undefined {
  const match = /^([a-z0-9][a-z0-9._/-]*(?::\d+\/[a-z0-9._/-]+)?)(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/.exec(
    text,
  )
  const name = match?.[1]
  if (!name || name.split('/').some((part) => part === '' || part === '.' || part === '..')) return undefined
  const [first = '', ...rest] = name.split('/')
  const hasRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  if (hasRegistry) return { repository: name }
  return { repository: `docker.io/${rest.length === 0 ? 'library/' : ''}${name}` }
}

/** A pull that fails for a reason other than the image. */
const ENGINE_FAULTS = new Set<RefusalCode>(['CONTAINER_ENGINE_INCOMPATIBLE', 'CONTAINER_ENGINE_FULL'])

async function pull(engine: Engine, reference: string): Promise<void> {
  try {
    await engine.pullImage(withTag(reference))
  } catch (error) {
    const isOther = error instanceof EngineRefusal && ENGINE_FAULTS.has(classifyRefusal(error.message))
    if (error instanceof EngineRefusal && !isOther) throw missing(reference, error.message, error)
    throw error
  }
}

/** Without a tag, the engine would pull every tag of the repository. */
function withTag(reference: string): string {
  const lastPart = reference.slice(reference.lastIndexOf('/') + 1)
  return /[:@]/.test(lastPart) ? reference : `${reference}:latest`
}

function missing(image: string, reason: string, cause?: Error): RadixError {
  return new RadixError('WORKLOAD_IMAGE_MISSING', { image, reason }, cause ? { cause } : {})
}
