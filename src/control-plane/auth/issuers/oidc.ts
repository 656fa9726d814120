/** Any OIDC issuer, and the local issuer of the embedded mode. */
import { createLocalJWKSet, type JSONWebKeySet, type JWTPayload, type JWTVerifyGetKey } from 'jose'
import { ROLES, type Role } from '../../../contract/roles.ts'
import { LOCAL_AUDIENCE, LOCAL_ISSUER, LOCAL_ROLE_CLAIM, LOCAL_TENANT_CLAIM } from '../local-issuer.ts'
import { invalidToken, principalOf, type TrustedIssuer } from '../user-token.ts'
import { createIssuerKeys, type KeyLocation, verifyJwt } from './jwt.ts'
import { findTenant, type TenantRule } from './tenant.ts'

export interface OidcConfig extends KeyLocation, TenantRule {
  /** One of these must be in `aud`; `client_id` counts where there is no `aud`, as in access tokens of Cognito. */
  clientIds: readonly string[]
}

export function trustOidcIssuer(config: OidcConfig): TrustedIssuer {
  return trust(config, createIssuerKeys(config))
}

export function trustLocalIssuer(jwks: JSONWebKeySet): TrustedIssuer {
  const config = { issuer: LOCAL_ISSUER, clientIds: [LOCAL_AUDIENCE], tenantClaim: LOCAL_TENANT_CLAIM }
  return trust(config, createLocalJWKSet(jwks), readRoleClaim)
}

function trust(
  config: OidcConfig,
  keys: JWTVerifyGetKey,
  readMaxRole: (claims: JWTPayload) => Role = () => 'admin',
): TrustedIssuer {
  const { issuer, clientIds } = config
  return {
    issuers: [issuer],
    async verify(token) {
      const claims = await verifyJwt(token, issuer, keys)
      if (!namesClient(claims, clientIds)) throw invalidToken('it was issued for another client')
      return {
        tenantId: findTenant(claims, config),
        subject: nameOf(claims),
        principal: principalOf(issuer, claims.sub),
        maxRole: readMaxRole(claims),
      }
    },
  }
}

/** A role that is not known is none that could be given. */
function readRoleClaim({ [LOCAL_ROLE_CLAIM]: claimed = 'admin' }: JWTPayload): Role {
  const role = ROLES.find((each) => each === claimed)
  if (role === undefined) throw invalidToken(`its ${LOCAL_ROLE_CLAIM} is not a role`)
  return role
}

/** For people: at many issuers `sub` is a row of digits. No decision depends on it. */
function nameOf({ email, email_verified, preferred_username, name, sub }: JWTPayload): string {
  const candidates = [email_verified === false ? undefined : email, preferred_username, name, sub]
  return candidates.find((each) => typeof each === 'string' && each !== '')?.toString() ?? 'unknown'
}

function namesClient(claims: JWTPayload, clientIds: readonly string[]): boolean {
  const audiences = [claims.aud ?? claims.client_id].flat()
  return audiences.some((audience) => typeof audience === 'string' && clientIds.includes(audience))
}
