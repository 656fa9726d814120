/** The checks that all JWTs share: signature, issuer and times, with the keys that the issuer publishes. */
import {
  createRemoteJWKSet,
  customFetch,
  type JWTPayload,
  type JWTVerifyGetKey,
  errors as joseErrors,
  jwtVerify,
} from 'jose'
import { z } from 'zod'
import { type BoundedAnswer, boundedFetch } from '../../../core/bounded-fetch.ts'
import { CONTROL_PLANE_LIMITS } from '../../../core/limits/control-plane.ts'
import { parseOutsideJson } from '../../../core/outside-json.ts'
import { RadixError } from '../../../errors/radix-error.ts'
import { invalidToken } from '../user-token.ts'

export interface KeyLocation {
  /** The `iss` claim, and where `/.well-known/openid-configuration` is when `jwksUri` is absent. */
  issuer: string
  jwksUri?: string | undefined
}

/** The fields that are read from the issuer's description. */
const Discovery = z.looseObject({ jwks_uri: z.string() })

/** Asymmetric only: with a shared secret, every verifier could also sign. */
const ALGORITHMS = ['ES256', 'ES384', 'RS256', 'RS384', 'RS512', 'PS256', 'EdDSA']
/** jose's errors for keys that did not arrive: in time, with status 200, as JSON, as a key set. */
const FETCH_FAILURES = new Set(['ERR_JWKS_TIMEOUT', 'ERR_JOSE_GENERIC', 'ERR_JWKS_INVALID'])
const CLOCK_TOLERANCE_SECONDS = CONTROL_PLANE_LIMITS.clockTolerance.value / 1000

/** Throws `AUTH_TOKEN_INVALID`, `AUTH_TOKEN_EXPIRED` or `UNAVAILABLE`. */
export async function verifyJwt(token: string, issuer: string, keys: JWTVerifyGetKey): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer,
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
    if (error instanceof joseErrors.JOSEError && !FETCH_FAILURES.has(error.code)) {
      throw invalidToken(describe(error), error)
    }
    throw new RadixError(
      'UNAVAILABLE',
      { reason: `The keys of the issuer ${issuer} could not be fetched.` },
      { cause: error },
    )
  }
}

/** Fetched on first use, cached, and fetched again when a key id is new. */
export function createIssuerKeys(location: KeyLocation): JWTVerifyGetKey {
  let keys: Promise<JWTVerifyGetKey> | undefined
  return async (header, token) => {
    keys ??= discoverJwksUri(location).then((uri) => createRemoteJWKSet(new URL(uri), { [customFetch]: fetchKeys }))
    // Only a failed discovery starts anew with the next token: the keys that were fetched stay good when the issuer is away.
    const read = await keys.catch((error: unknown) => {
      keys = undefined
      throw error
    })
    return read(header, token)
  }
}

/** A document of an issuer, bounded in time and size. A busy issuer is asked again within that time. */
export function fetchFromIssuer(
  url: string,
  options: { timeoutMs?: number; headers?: Record<string, string> } = {},
): Promise<BoundedAnswer> {
  const { timeoutMs = CONTROL_PLANE_LIMITS.issuerAnswer.value, headers = {} } = options
  return boundedFetch(url, {
    headers,
    timeoutMs,
    totalMs: timeoutMs,
    retries: CONTROL_PLANE_LIMITS.issuerRetries.value,
    // A person or a job waits for this.
    backoff: { initialMs: 100, maximumMs: 1000 },
    maxBytes: CONTROL_PLANE_LIMITS.issuerDocument.value,
  })
}

async function fetchKeys(url: string): Promise<Response> {
  const { bytes, status } = await fetchFromIssuer(url)
  return new Response(new Uint8Array(bytes), { status })
}

async function discoverJwksUri({ issuer, jwksUri }: KeyLocation): Promise<string> {
  if (jwksUri) return jwksUri
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const { bytes } = await fetchFromIssuer(url)
  const maxCharacters = CONTROL_PLANE_LIMITS.issuerDocument.value
  return parseOutsideJson(new TextDecoder().decode(bytes), Discovery, { maxCharacters }).jwks_uri
}

function describe(error: joseErrors.JOSEError): string {
  if (error instanceof joseErrors.JWSSignatureVerificationFailed) return 'its signature does not match'
  if (error instanceof joseErrors.JWKSNoMatchingKey) return 'it was signed with a key that its issuer does not publish'
  return error.message
}
