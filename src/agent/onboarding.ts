/** Exchanges the onboarding token for the cluster token, once, and keeps the cluster token on disk. */
import { randomBytes } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { createClient } from '../contract/client.ts'
import { backoffDelayMs } from '../core/backoff.ts'
import type { Clock } from '../core/clock.ts'
import { AGENT_LIMITS } from '../core/limits/agent.ts'
import type { Logger } from '../core/logger.ts'
import { tryParseOutsideJson } from '../core/outside-json.ts'
import { isRadixError, RadixError } from '../errors/radix-error.ts'
import { writeFileAtomically } from '../system/atomic-file.ts'
import { readTextFile } from '../system/text-file.ts'

export interface OnboardingOptions {
  apiBase: string
  clusterId: string
  stateDir: string
  onboardingToken: string | undefined
  onboardingTokenFile: string | undefined
  /** Gives up after this long without the control plane. */
  unreachableExitMs: number | null
  fetch: typeof globalThis.fetch
  clock: Clock
  logger: Logger
}

const NONCE = /^[0-9a-f]{64}$/

const TokenFile = z.object({ apiBase: z.string(), clusterId: z.string(), clusterToken: z.string() })

/**
 * The cluster token: from the state directory if the agent was onboarded to this cluster before, else by an exchange.
 * The exchange waits for an unreachable control plane up to its limit. Throws `AGENT_NOT_ONBOARDED`, or the refusal or
 * last error of the exchange.
 */
export async function obtainClusterToken(options: OnboardingOptions, signal: AbortSignal): Promise<string> {
  const path = join(options.stateDir, 'cluster-token.json')
  const kept = await readTokenFile(path)
  if (kept?.apiBase === options.apiBase && kept.clusterId === options.clusterId) return kept.clusterToken
  const onboardingToken = options.onboardingToken ?? (await readOnboardingToken(options.onboardingTokenFile))
  if (!onboardingToken) {
    throw new RadixError('AGENT_NOT_ONBOARDED', { state_directory: options.stateDir, cluster_id: options.clusterId })
  }
  const noncePath = join(options.stateDir, 'exchange-nonce')
  const nonce = await obtainNonce(noncePath)
  const clusterToken = await exchange(options, onboardingToken, nonce, signal)
  const { apiBase, clusterId } = options
  await writeFileAtomically(path, JSON.stringify({ apiBase, clusterId, clusterToken }), 0o600)
  await rm(noncePath, { force: true }).catch(() => {})
  // The token is used up and must not stay on the disk.
  if (options.onboardingTokenFile) await rm(options.onboardingTokenFile, { force: true }).catch(() => {})
  return clusterToken
}

/** Written to disk before the first try, so a restarted agent can repeat the exchange. */
async function obtainNonce(path: string): Promise<string> {
  const kept = await readFile(path, 'utf8').catch(() => '')
  if (NONCE.test(kept)) return kept
  const nonce = randomBytes(32).toString('hex')
  await writeFileAtomically(path, nonce, 0o600)
  return nonce
}

/** Repeated after a lost answer: the control plane recognises the agent by its nonce. */
async function exchange(
  options: OnboardingOptions,
  onboardingToken: string,
  nonce: string,
  signal: AbortSignal,
): Promise<string> {
  const { apiBase, clusterId, fetch, clock, logger, unreachableExitMs } = options
  const startedMs = clock.monotonicMs()
  const client = createClient({ baseUrl: apiBase, credential: () => onboardingToken, fetch, clock })
  for (let attempt = 0; ; attempt++) {
    try {
      const request = { params: { cluster_id: clusterId }, body: { nonce } }
      const answer = await client.call('exchangeOnboardingToken', request, { signal })
      return answer.cluster_token
    } catch (error) {
      if (!isRadixError(error) || !mayPass(error)) throw error
      if (unreachableExitMs !== null && clock.monotonicMs() - startedMs >= unreachableExitMs) throw error
      logger.warn({ reason: error.why }, 'the control plane cannot be reached yet')
      await clock.sleep(backoffDelayMs(attempt, { initialMs: 200, maximumMs: 10_000 }), signal)
    }
  }
}

/** The machine may be up before its network or the control plane is. */
function mayPass(error: RadixError): boolean {
  return error.code === 'API_UNREACHABLE' || Number(error.details.http_status) >= 500 || error.code === 'RATE_LIMITED'
}

async function readTokenFile(path: string): Promise<z.infer<typeof TokenFile> | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  return tryParseOutsideJson(text, TokenFile, { maxCharacters: AGENT_LIMITS.recordCharacters.value }) ?? undefined
}

async function readOnboardingToken(path: string | undefined): Promise<string | undefined> {
  if (!path) return undefined
  try {
    return readTextFile(path, AGENT_LIMITS.recordCharacters.value).trim() || undefined
  } catch {
    return undefined
  }
}
