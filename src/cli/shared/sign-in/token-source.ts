/** Caches user tokens while they are valid, and replaces them before they expire. */
import { CLI_LIMITS } from '../../../core/limits/cli.ts'

export type TokenSource = () => Promise<string>

export interface IssuedToken {
  token: string
  expiresAt: Date
}

/** A token is replaced when less than this is left, so that it does not expire during a request. */
const RENEWAL_MARGIN_MS = CLI_LIMITS.tokenRenewal.value
/** For tokens that live shortly: the last quarter of their life. */
const RENEWAL_SHARE = 0.25

/** Asks `issue` once for many callers. A renewal that fails is hidden while the old token is still good. */
export function keepToken(issue: () => Promise<IssuedToken>): TokenSource {
  let current: (IssuedToken & { renewAtMs: number }) | undefined
  let pending: Promise<string> | undefined
  const renew = async () => {
    const receivedMs = Date.now()
    const issued = await issue()
    const lifetimeMs = issued.expiresAt.getTime() - receivedMs
    const marginMs = Math.min(RENEWAL_MARGIN_MS, lifetimeMs * RENEWAL_SHARE)
    current = { ...issued, renewAtMs: issued.expiresAt.getTime() - marginMs }
    return issued.token
  }
  return async () => {
    if (current && Date.now() < current.renewAtMs) return current.token
    pending ??= renew().finally(() => {
      pending = undefined
    })
    try {
      return await pending
    } catch (error) {
      if (current && Date.now() < current.expiresAt.getTime()) return current.token
      throw error
    }
  }
}
