/** Determines the tenant of an issuer's user. */
import { RadixError } from '../../../errors/radix-error.ts'

export interface TenantRule {
  /** The claim that names the tenant. */
  tenantClaim: string
  /** The tenant of every user of this issuer; the claim is then not looked at. */
  tenant?: string | undefined
  /** The tenants that this issuer may name. Absent: any tenant, which suits only a single trusted issuer. */
  tenants?: readonly string[] | undefined
}

/** Throws `AUTH_NO_TENANT` or `AUTH_TENANT_NOT_ALLOWED`. */
export function findTenant(claims: object, { tenant, tenants, tenantClaim }: TenantRule): string {
  const named = tenant ?? new Map<string, unknown>(Object.entries(claims)).get(tenantClaim)
  if (typeof named !== 'string' || named === '') throw new RadixError('AUTH_NO_TENANT', { claim: tenantClaim })
  if (tenants && !tenants.includes(named)) throw new RadixError('AUTH_TENANT_NOT_ALLOWED', { tenant: named })
  return named
}
