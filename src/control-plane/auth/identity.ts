/** The identity of the caller, once the credential has been checked. */
import type { ApiKeyRole, Role } from '../../contract/roles.ts'

/** A user as an issuer vouches for them. Their role is not the issuer's to give: it is looked up for each request. */
export interface VerifiedUser {
  tenantId: string
  /** For people. Several users may have the same name, so no decision depends on it. */
  subject: string
  /** `<issuer>#<sub>`: identifies the user for good. Null where the token has no `sub`. */
  principal: string | null
  /** The highest role that the credential allows, whatever role the user has. */
  maxRole: Role
}

export interface UserIdentity {
  kind: 'user'
  tenantId: string
  subject: string
  principal: string | null
  role: Role
  /** The highest role that the credential allows: that of a session which is opened with it. */
  maxRole: Role
  /** The one run that the token is for, and may touch; null for a token of a person or program in their own right. */
  runId: string | null
  /** With a run: a cluster that the run uses, though it did not create it. */
  clusterId?: string | null
  /** The browser's session by which they come; it opens no other. */
  session?: { expiresAt: string; hash: Buffer }
}

/** Whether the token is good is decided by the exchange itself, in one statement. */
export interface OnboardingIdentity {
  kind: 'onboarding'
  token: string
}

export interface ClusterIdentity {
  kind: 'cluster'
  tenantId: string
  clusterId: string
}

export interface ApiKeyIdentity {
  kind: 'api_key'
  tenantId: string
  apiKeyId: string
  role: ApiKeyRole
}

export type Identity = { kind: 'none' } | UserIdentity | OnboardingIdentity | ClusterIdentity | ApiKeyIdentity
