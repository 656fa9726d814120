/**
 * Checks user JWTs with the issuer that they name. Checks beyond the standard are in `issuers/`, one file per issuer.
 */
import { decodeJwt } from 'jose'
import { RadixError } from '../../errors/radix-error.ts'
import type { UserIdentity } from './identity.ts'

/** An issuer whose tokens are believed. */
export interface TrustedIssuer {
  /** The accepted `iss` claims of its tokens. */
  issuers: readonly string[]
  /**
   * Throws `AUTH_TOKEN_INVALID`, `AUTH_TOKEN_EXPIRED`, `AUTH_NO_TENANT`, or `UNAVAILABLE` if its keys are unavailable.
   */
  verify: UserTokenVerifier
}

export type UserTokenVerifier = (token: string) => Promise<UserIdentity>

export function createUserTokenVerifier(trusted: readonly TrustedIssuer[]): UserTokenVerifier {
  return async (token) => findIssuer(trusted, token).verify(token)
}

function findIssuer(trusted: readonly TrustedIssuer[], token: string): TrustedIssuer {
  const claimed = readIssuer(token)
  const issuer = trusted.find(({ issuers }) => claimed !== undefined && issuers.includes(claimed))
  if (!issuer) throw invalidToken('its issuer is not one that this control plane trusts')
  return issuer
}

function readIssuer(token: string): string | undefined {
  try {
    return decodeJwt(token).iss
  } catch (error) {
    throw invalidToken('it is not a JWT', error)
  }
}

export function invalidToken(reason: string, cause?: unknown): RadixError {
  return new RadixError('AUTH_TOKEN_INVALID', { reason }, { cause })
}
