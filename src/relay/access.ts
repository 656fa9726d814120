/**
 * How an agent reaches its relay: a small file with the key and one address, at which the addresses of both directions are
 * sealed with that key. The file fits where a secret of a machine fits (4 KiB), however long the addresses are.
 */
import { z } from 'zod'
import { boundedFetch, StatusError } from '../core/bounded-fetch.ts'
import { type Clock, systemClock } from '../core/clock.ts'
import { RELAY_LIMITS } from '../core/limits/relay.ts'
import { describeNetworkError } from '../core/network-errors.ts'
import { parseOutsideJson, tryParseOutsideJson } from '../core/outside-json.ts'
import { RadixError } from '../errors/radix-error.ts'
import { type RelayKey, readRelayKey, seal, unseal } from './seal.ts'
import type { RelayAddresses } from './url-transport.ts'

const Address = z.url({ protocol: /^https?$/ })
const AccessFile = z.object({
  version: z.literal(1),
  cluster_id: z.string().min(1).max(64),
  key: z.string(),
  url: Address,
  onboarding_token: z.string().max(200).optional(),
})
const Access = z.object({ read_url: Address, write_url: Address, expires_at: z.iso.datetime() })

export interface RelayAccess {
  clusterId: string
  key: RelayKey
  /** Where the sealed addresses are. */
  url: string
  /** For an agent that has not joined the cluster yet. */
  onboardingToken?: string | undefined
}

export interface OpenedAccess extends RelayAddresses {
  expiresAt: Date
}

/** The address of the control plane for an agent behind a relay: it names nothing and leads nowhere. */
export const RELAYED_API_BASE = 'http://control-plane.invalid'

export function renderAccessFile({ clusterId, key, url, onboardingToken }: RelayAccess): string {
  const text = key.toString('base64url')
  return JSON.stringify({ version: 1, cluster_id: clusterId, key: text, url, onboarding_token: onboardingToken })
}

/** `source`: where the text is from. Throws `RELAY_FILE_INVALID`. */
export function parseAccessFile(text: string, source: string): RelayAccess {
  try {
    const file = parseOutsideJson(text, AccessFile, { maxCharacters: RELAY_LIMITS.accessFile.value })
    const key = readRelayKey(file.key)
    if (!key) throw new Error('key: it is not a key')
    return { clusterId: file.cluster_id, key, url: file.url, onboardingToken: file.onboarding_token }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new RadixError('RELAY_FILE_INVALID', { path: source, reason }, { cause: error })
  }
}

export function sealAccess(key: RelayKey, { readUrl, writeUrl, expiresAt }: OpenedAccess): Uint8Array<ArrayBuffer> {
  const access = { read_url: readUrl, write_url: writeUrl, expires_at: expiresAt.toISOString() }
  return seal(key, 'access', JSON.stringify(access))
}

/**
 * Waits, up to a limit, for a network that is not up yet. Throws `RELAY_CLOSED` if the addresses are no longer there,
 * `API_UNREACHABLE` if it could not look, and the reason of `signal`.
 */
export async function openAccess(
  { key, url }: RelayAccess,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<OpenedAccess> {
  const { bytes } = await readAccess(url, signal, clock)
  const text = unseal(key, 'access', bytes)
  const access = text && tryParseOutsideJson(text, Access, { maxCharacters: RELAY_LIMITS.accessFile.value })
  if (!access) throw new RadixError('RELAY_CLOSED', { reason: 'its addresses were replaced by others' })
  return { readUrl: access.read_url, writeUrl: access.write_url, expiresAt: new Date(access.expires_at) }
}

async function readAccess(url: string, signal: AbortSignal, clock: Clock) {
  const totalMs = RELAY_LIMITS.accessWait.value
  const limits = {
    timeoutMs: RELAY_LIMITS.transfer.value,
    maxBytes: RELAY_LIMITS.accessFile.value,
    totalMs,
    signal,
    clock,
  }
  try {
    return await boundedFetch(url, { ...limits, retries: Number.POSITIVE_INFINITY })
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof StatusError) || error.status === 429 || error.status >= 500) throw unreachable(url, error)
    const reason =
      error.status === 404 ? 'its addresses are no longer there' : `reading its addresses: ${error.message}`
    throw new RadixError('RELAY_CLOSED', { reason }, { cause: error })
  }
}

/** Without the query: the address is a secret. */
function unreachable(url: string, error: unknown): RadixError {
  const { origin } = new URL(url)
  const why = `No answer from the relay at ${origin}: ${describeNetworkError(error)}.`
  const fix = `Let this machine reach ${origin} (\`curl -I ${origin}\`), and start the agent again.`
  return new RadixError('API_UNREACHABLE', {} as never, { words: { why, fix }, cause: error })
}
