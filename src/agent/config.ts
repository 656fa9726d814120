/** The agent's options from flags and environment. */

import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { dataDirectory } from '../core/directories.ts'
import { RELAY_LIMITS } from '../core/limits/relay.ts'
import { withoutTrailingSlashes } from '../core/trailing-slashes.ts'
import { RadixError } from '../errors/radix-error.ts'
import { parseAccessFile, RELAYED_API_BASE, type RelayAccess } from '../relay/access.ts'
import { readTextFile } from '../system/text-file.ts'
import { requireAllowedImage } from './executors/docker/image.ts'

const DEFAULT_DOCKER_SOCKET = '/var/run/docker.sock'

/** The executor, and what it needs. */
export type ExecutorConfig =
  | { name: 'process' }
  | { name: 'docker'; socketPath: string; image: string; allowedRepositories: string[] }

export interface AgentConfig {
  apiBase: string
  clusterId: string
  stateDir: string
  onboardingToken: string | undefined
  onboardingTokenFile: string | undefined
  heartbeatIntervalMs: number
  pollWaitSeconds: number
  maxJobs: number
  /** The dead-man timer: everything stops then. */
  deadlineAt: Date | null
  unreachableExitMs: number | null
  python: string | undefined
  /** A copy of the kernel log, for an agent that may not read the log itself. */
  kernelLog: string | undefined
  executor: ExecutorConfig
  /** The only way to the control plane, where there is one. */
  relay: RelayAccess | null
}

/** Flags, by the names that the environment variables have without their prefix. */
export interface AgentFlags {
  apiBase?: string | undefined
  clusterId?: string | undefined
  stateDir?: string | undefined
  onboardingTokenFile?: string | undefined
  deadline?: string | undefined
  unreachableExitSeconds?: number | undefined
  executor?: string | undefined
  relay?: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Flags win over the environment, and a relay over an address. Throws `CONFIGURATION_INVALID`, naming the setting,
 * `WORKLOAD_IMAGE_NOT_ALLOWED`, `FILE_NOT_READABLE` or `RELAY_FILE_INVALID`.
 */
export function readAgentConfig(flags: AgentFlags, env: Environment): AgentConfig {
  const relay = readRelay(flags.relay ?? (env.RADIX_RELAY_FILE || undefined))
  const clusterId = required(
    'RADIX_CLUSTER_ID',
    relay?.clusterId ?? flags.clusterId ?? env.RADIX_CLUSTER_ID,
    'the id of the cluster (cl_…)',
  )
  const address = relay ? RELAYED_API_BASE : (flags.apiBase ?? env.RADIX_API_BASE)
  const apiBase = required('RADIX_API_BASE', address, 'the URL of the control plane')
  const deadline = flags.deadline ?? env.RADIX_AGENT_DEADLINE
  return {
    apiBase: withoutTrailingSlashes(
      parse('RADIX_API_BASE', apiBase, z.url({ protocol: /^https?$/ }), 'a URL such as https://radix.example.com'),
    ),
    clusterId: parse('RADIX_CLUSTER_ID', clusterId, z.string().regex(/^[A-Za-z0-9_-]{1,64}$/), 'an id such as cl_01j…'),
    stateDir: flags.stateDir ?? env.RADIX_AGENT_STATE_DIR ?? defaultStateDir(env, clusterId),
    onboardingToken: env.RADIX_ONBOARDING_TOKEN || relay?.onboardingToken,
    onboardingTokenFile: flags.onboardingTokenFile ?? env.RADIX_ONBOARDING_TOKEN_FILE,
    heartbeatIntervalMs: 10_000,
    pollWaitSeconds: 30,
    maxJobs: 1,
    deadlineAt: deadline
      ? new Date(parse('RADIX_AGENT_DEADLINE', deadline, z.iso.datetime({ offset: true }), 'an RFC 3339 time'))
      : null,
    unreachableExitMs: readUnreachableExitMs(flags, env),
    python: env.RADIX_PYTHON || undefined,
    kernelLog: env.RADIX_KERNEL_LOG || undefined,
    executor: readExecutorConfig(flags, env),
    relay,
  }
}

function readRelay(path: string | undefined): RelayAccess | null {
  if (path === undefined) return null
  let text: string
  try {
    text = readTextFile(path, RELAY_LIMITS.accessFile.value)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new RadixError('FILE_NOT_READABLE', { path, reason }, { cause: error })
  }
  return parseAccessFile(text, path)
}

function readExecutorConfig(flags: AgentFlags, env: Environment): ExecutorConfig {
  const chosen = flags.executor ?? (env.RADIX_EXECUTOR || 'process')
  const name = parse('RADIX_EXECUTOR', chosen, z.enum(['process', 'docker']), '`process` or `docker`')
  if (name === 'process') return { name }
  const image = required('RADIX_WORKLOAD_IMAGE', env.RADIX_WORKLOAD_IMAGE, 'the image that jobs run in')
  const allowed = required('RADIX_ALLOWED_IMAGES', env.RADIX_ALLOWED_IMAGES, 'repositories, separated by commas')
  const allowedRepositories = allowed.split(',').map((repository) => repository.trim())
  requireAllowedImage(image, allowedRepositories)
  return { name, image, allowedRepositories, socketPath: readSocketPath(env.DOCKER_HOST) }
}

/** Only a Unix socket of this machine: the engine gets the job's files by their paths. */
export function readSocketPath(dockerHost: string | undefined): string {
  if (!dockerHost) return DEFAULT_DOCKER_SOCKET
  const expected = 'a socket of this machine, such as unix:///var/run/docker.sock'
  return parse('DOCKER_HOST', dockerHost, z.string().regex(/^unix:\/\/\/.+$/), expected).slice('unix://'.length)
}

function readUnreachableExitMs(flags: AgentFlags, env: Environment): number | null {
  const value = flags.unreachableExitSeconds ?? env.RADIX_AGENT_UNREACHABLE_EXIT_SECONDS
  if (value === undefined || value === '') return null
  const seconds = parse(
    'RADIX_AGENT_UNREACHABLE_EXIT_SECONDS',
    String(value),
    z.coerce.number().min(1),
    'seconds, 1 or more',
  )
  return seconds * 1000
}

/** One folder per cluster, so that a machine may serve several. */
function defaultStateDir(env: Environment, clusterId: string): string {
  return join(dataDirectory({ env, home: homedir(), uid: process.getuid?.() }), 'agents', clusterId)
}

function required(setting: string, value: string | undefined, expected: string): string {
  if (value) return value
  throw new RadixError('CONFIGURATION_INVALID', { setting, value: 'not set', reason: 'the agent needs it', expected })
}

function parse<T>(setting: string, value: string, schema: z.ZodType<T>, expected: string): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const reason = parsed.error.issues[0]?.message ?? 'it is not valid'
  throw new RadixError('CONFIGURATION_INVALID', { setting, value, reason, expected })
}
