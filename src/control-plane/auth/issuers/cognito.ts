/** Tokens of a Cognito user pool: ID and access tokens as configured, of several clients (dashboard and CI). */
import { CognitoJwtVerifier } from 'aws-jwt-verify'
import { FetchError, JwtBaseError, JwtExpiredError, WaitPeriodNotYetEndedJwkError } from 'aws-jwt-verify/error'
import { SimpleJwksCache } from 'aws-jwt-verify/jwk'
import type { CognitoJwtPayload } from 'aws-jwt-verify/jwt-model'
import { CONTROL_PLANE_LIMITS } from '../../../core/limits/control-plane.ts'
import { RadixError } from '../../../errors/radix-error.ts'
import { invalidToken, principalOf, type TrustedIssuer } from '../user-token.ts'
import { fetchFromIssuer } from './jwt.ts'
import { findTenant, type TenantRule } from './tenant.ts'

export const COGNITO_TOKEN_USES = ['id', 'access'] as const

export interface CognitoConfig extends TenantRule {
  /** Such as `us-west-2_abc123`. */
  userPoolId: string
  clientIds: readonly string[]
  /** Which of the two kinds of token are accepted. */
  tokenUses: readonly (typeof COGNITO_TOKEN_USES)[number][]
  /** Where the pool's keys are; where Cognito publishes them when absent. */
  jwksUri?: string | undefined
}

const CLOCK_TOLERANCE_SECONDS = CONTROL_PLANE_LIMITS.clockTolerance.value / 1000

export function trustCognito(config: CognitoConfig): TrustedIssuer {
  const { userPoolId, clientIds, tokenUses, jwksUri } = config
  const [onlyUse] = tokenUses
  const verifier = CognitoJwtVerifier.create(
    {
      userPoolId,
      clientId: [...clientIds],
      tokenUse: tokenUses.length === 1 && onlyUse ? onlyUse : null,
      graceSeconds: CLOCK_TOLERANCE_SECONDS,
    },
    { jwksCache: new SimpleJwksCache({ fetcher: { fetch: (uri) => fetchKeys(jwksUri ?? uri) } }) },
  )
  return {
    issuers: issuersOf(userPoolId),
    async verify(token) {
      const claims = await verifier.verify(token).catch((error: unknown) => {
        throw explain(error, userPoolId)
      })
      return {
        tenantId: findTenant(claims, config),
        subject: nameOf(claims),
        principal: principalOf(cognitoIssuer(config), claims.sub),
        maxRole: 'admin',
      }
    },
  }
}

/** Its regional name, at which it describes itself. */
export function cognitoIssuer({ userPoolId }: Pick<CognitoConfig, 'userPoolId'>): string {
  const [region] = userPoolId.split('_')
  return `https://cognito-idp.${region}.amazonaws.com/${userPoolId}`
}

/** Cognito has a regional name for a pool as an issuer, and a global one. */
function issuersOf(userPoolId: string): string[] {
  const [region] = userPoolId.split('_')
  return [cognitoIssuer({ userPoolId }), `https://issuer-cognito-idp.${region}.amazonaws.com/${userPoolId}`]
}

async function fetchKeys(uri: string): Promise<ArrayBuffer> {
  try {
    const { bytes } = await fetchFromIssuer(uri)
    return new Uint8Array(bytes).buffer
  } catch (error) {
    throw new FetchError(uri, error)
  }
}

function explain(error: unknown, userPoolId: string): unknown {
  if (error instanceof JwtExpiredError) {
    const expiredAt = new Date(Number(error.failedAssertion.actual) * 1000).toISOString()
    return new RadixError('AUTH_TOKEN_EXPIRED', { expired_at: expiredAt }, { cause: error })
  }
  if (error instanceof FetchError || error instanceof WaitPeriodNotYetEndedJwkError) {
    const reason = `The keys of the Cognito user pool ${userPoolId} could not be fetched.`
    return new RadixError('UNAVAILABLE', { reason }, { cause: error })
  }
  if (error instanceof JwtBaseError) return invalidToken(error.message.replace(/\.$/, ''), error)
  return error
}

/** Access tokens have the name in another member than ID tokens. */
function nameOf(claims: CognitoJwtPayload): string {
  const name = claims.token_use === 'access' ? claims.username : claims['cognito:username']
  return typeof name === 'string' ? name : claims.sub
}
