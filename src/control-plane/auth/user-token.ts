/**
 * Checks user JWTs with the issuer that they name. Checks beyond the standard are in `issuers/`, one file per issuer.
 */
import { decodeJwt, type JWTPayload } from 'jose'
import { RadixError } from '../../errors/radix-error.ts'
import type { VerifiedUser } from './identity.ts'
import { VerifiedTokens } from './verified-tokens.ts'

/** An issuer whose tokens are believed. */
export interface TrustedIssuer {
  /** The accepted `iss` claims of its tokens. */
  issuers: readonly string[]
  /**
   * Throws `AUTH_TOKEN_INVALID`, `AUTH_TOKEN_EXPIRED`, `AUTH_NO_TENANT`, or `UNAVAILABLE` if its keys are unavailable.
   */
  verify: UserTokenVerifier
}

export type UserTokenVerifier = (token: string) => Promise<VerifiedUser>

/** Most requests repeat the token of an earlier one, and checking a signature is a good part of a short request. */
export function createUserTokenVerifier(trusted: readonly TrustedIssuer[]): UserTokenVerifier {
  const verified = new VerifiedTokens()
  return async (token) => {
    const known = verified.find(token)
    if (known) return known
    const { iss, exp = 0 } = readClaims(token)
    const identity = await findIssuer(trusted, iss).verify(token)
    verified.add(token, identity, exp * 1000)
    return identity
  }
}

function findIssuer(trusted: readonly TrustedIssuer[], claimed: string | undefined): TrustedIssuer {
  const issuer = trusted.find(({ issuers }) => claimed !== undefined && issuers.includes(claimed))
  if (!issuer) throw invalidToken('its issuer is not one that this control plane trusts')
  return issuer
}

/** Not to be trusted until the token is verified. */
function readClaims(token: string): JWTPayload {
  try {
    return decodeJwt(token)
  } catch (error) {
    throw invalidToken('it is not a JWT', error)
  }
}

/** The same for every token of a user, whatever else the issuer says of them. */
export function principalOf(issuer: string, sub: string | undefined): string | null {
  return sub ? `${issuer}#${sub}` : null
}

export function invalidToken(reason: string, cause?: unknown): RadixError {
  return new RadixError('AUTH_TOKEN_INVALID', { reason }, { cause })
}
