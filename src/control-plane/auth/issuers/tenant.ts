/** Which tenant a user of an issuer belongs to. */
import { RadixError } from '../../../errors/radix-error.ts'

export interface TenantRule {
  /** The claim that names the tenant. */
  tenantClaim: string
  /** The tenant of every user of this issuer; the claim is then not looked at. */
  tenant?: string | undefined
}

/** Throws `AUTH_NO_TENANT`. */
export function findTenant(claims: object, { tenant, tenantClaim }: TenantRule): string {
  const named = tenant ?? new Map<string, unknown>(Object.entries(claims)).get(tenantClaim)
  if (typeof named !== 'string' || named === '') throw new RadixError('AUTH_NO_TENANT', { claim: tenantClaim })
  return named
}
