/**
 * Checks user JWTs: the local issuer's and those of any configured OIDC issuer. What an issuer wants beyond the standard
 * (Cognito's `token_use`, GitHub's claims) belongs into `issuers/`, one file each.
 */
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeJwt,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
  errors as joseErrors,
  jwtVerify,
} from 'jose'
import { RadixError } from '../../errors/radix-error.ts'
import type { UserIdentity } from './identity.ts'
import { LOCAL_AUDIENCE, LOCAL_ISSUER, LOCAL_TENANT_CLAIM } from './local-issuer.ts'

export interface IssuerConfig {
  /** The `iss` claim, and where `/.well-known/openid-configuration` is when `jwksUri` is absent. */
  issuer: string
  /** One of these must be in `aud`, or be `client_id` or `azp`. */
  clientIds: readonly string[]
  tenantClaim: string
  jwksUri?: string | undefined
}

export type UserTokenVerifier = (token: string) => Promise<UserIdentity>

interface TrustedIssuer extends IssuerConfig {
  keys: JWTVerifyGetKey
}

/** Asymmetric only: a shared secret would let whoever verifies also sign. */
const ALGORITHMS = ['ES256', 'ES384', 'RS256', 'RS384', 'RS512', 'PS256', 'EdDSA']
/** What jose says when the keys did not come: in time, with status 200, as JSON, as a key set. */
const FETCH_FAILURES = new Set(['ERR_JWKS_TIMEOUT', 'ERR_JOSE_GENERIC', 'ERR_JWKS_INVALID'])
const CLOCK_TOLERANCE_SECONDS = 5

export function createUserTokenVerifier(
  issuers: readonly IssuerConfig[],
  localJwks?: JSONWebKeySet,
): UserTokenVerifier {
  const trusted: TrustedIssuer[] = issuers.map((config) => ({ ...config, keys: createIssuerKeys(config) }))
  if (localJwks) {
    const keys = createLocalJWKSet(localJwks)
    trusted.push({ issuer: LOCAL_ISSUER, clientIds: [LOCAL_AUDIENCE], tenantClaim: LOCAL_TENANT_CLAIM, keys })
  }
  return async (token) => {
    const issuer = findIssuer(trusted, token)
    const payload = await verify(token, issuer)
    if (!namesClient(payload, issuer.clientIds)) throw invalid('it was issued for another client')
    const tenantId = payload[issuer.tenantClaim]
    if (typeof tenantId !== 'string' || tenantId === '') {
      throw new RadixError('AUTH_NO_TENANT', { claim: issuer.tenantClaim })
    }
    return { kind: 'user', tenantId, subject: payload.sub ?? 'unknown' }
  }
}

function findIssuer(trusted: readonly TrustedIssuer[], token: string): TrustedIssuer {
  let claimed: string | undefined
  try {
    claimed = decodeJwt(token).iss
  } catch (error) {
    throw invalid('it is not a JWT', error)
  }
  const issuer = trusted.find((candidate) => candidate.issuer === claimed)
  if (!issuer) throw invalid('its issuer is not one that this control plane trusts')
  return issuer
}

async function verify(token: string, issuer: TrustedIssuer): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, issuer.keys, {
      issuer: issuer.issuer,
      algorithms: ALGORITHMS,
      requiredClaims: ['exp'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    })
    return payload
  } catch (error) {
    if (error instanceof joseErrors.JWTExpired) {
      const expiredAt = new Date(Number(error.payload.exp) * 1000).toISOString()
      throw new RadixError('AUTH_TOKEN_EXPIRED', { expired_at: expiredAt }, { cause: error })
    }
    if (error instanceof joseErrors.JOSEError && !FETCH_FAILURES.has(error.code)) throw invalid(describe(error), error)
    const reason = `The keys of the issuer ${issuer.issuer} could not be fetched.`
    throw new RadixError('UNAVAILABLE', { reason }, { cause: error })
  }
}

function namesClient(payload: JWTPayload, clientIds: readonly string[]): boolean {
  const audiences = [payload.aud, payload.client_id, payload.azp].flat()
  return audiences.some((audience) => typeof audience === 'string' && clientIds.includes(audience))
}

/** Fetched on first use, cached, and fetched again when a key id is new. */
function createIssuerKeys(config: IssuerConfig): JWTVerifyGetKey {
  let keys: Promise<JWTVerifyGetKey> | undefined
  return async (header, token) => {
    keys ??= discoverJwksUri(config).then((uri) => createRemoteJWKSet(new URL(uri)))
    try {
      return await (await keys)(header, token)
    } catch (error) {
      if (!(error instanceof joseErrors.JOSEError)) keys = undefined // discovery failed: try anew with the next token
      throw error
    }
  }
}

async function discoverJwksUri(config: IssuerConfig): Promise<string> {
  if (config.jwksUri) return config.jwksUri
  const url = `${config.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const response = await fetch(url, { signal: AbortSignal.timeout(5000) })
  const document: unknown = await response.json()
  if (document && typeof document === 'object' && 'jwks_uri' in document && typeof document.jwks_uri === 'string') {
    return document.jwks_uri
  }
  throw new Error(`${url} names no jwks_uri`)
}

function describe(error: joseErrors.JOSEError): string {
  if (error instanceof joseErrors.JWSSignatureVerificationFailed) return 'its signature does not match'
  if (error instanceof joseErrors.JWKSNoMatchingKey) return 'it was signed with a key that its issuer does not publish'
  return error.message
}

function invalid(reason: string, cause?: unknown): RadixError {
  return new RadixError('AUTH_TOKEN_INVALID', { reason }, { cause })
}
