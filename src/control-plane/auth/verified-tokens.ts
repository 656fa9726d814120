/** Remembers which user tokens were verified, by their hash: in number and time within the limits, never past their expiry. */
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import type { VerifiedUser } from './identity.ts'
import { hashOpaqueToken } from './opaque-token.ts'

interface Entry {
  identity: VerifiedUser
  untilMs: number
}

export class VerifiedTokens {
  /** The first to be added is the first to be forgotten. */
  readonly #entries = new Map<string, Entry>()

  find(token: string): VerifiedUser | undefined {
    const key = keyOf(token)
    const entry = this.#entries.get(key)
    if (!entry) return undefined
    if (entry.untilMs > Date.now()) return entry.identity
    this.#entries.delete(key)
    return undefined
  }

  add(token: string, identity: VerifiedUser, expiresMs: number): void {
    const untilMs = Math.min(expiresMs, Date.now() + CONTROL_PLANE_LIMITS.verifiedTokenAge.value)
    this.#entries.set(keyOf(token), { identity, untilMs })
    const [first] = this.#entries.keys()
    if (first !== undefined && this.#entries.size > CONTROL_PLANE_LIMITS.verifiedTokens.value)
      this.#entries.delete(first)
  }
}

function keyOf(token: string): string {
  return hashOpaqueToken(token).toString('base64')
}
