/** Checks user JWTs by the issuer that they name. What an issuer wants beyond the standard is in `issuers/`, one file each. */
import { decodeJwt } from 'jose'
import { RadixError } from '../../errors/radix-error.ts'
import type { UserIdentity } from './identity.ts'

/** An issuer whose tokens are believed. */
export interface TrustedIssuer {
  /** What the `iss` claim of its tokens may be. */
  issuers: readonly string[]
  /** Throws `AUTH_TOKEN_INVALID`, `AUTH_TOKEN_EXPIRED`, `AUTH_NO_TENANT`, or `UNAVAILABLE` where its keys cannot be had. */
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
