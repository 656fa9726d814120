/** The identity of the caller, once the credential has been checked. */

export interface UserIdentity {
  kind: 'user'
  tenantId: string
  subject: string
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
}

export type Identity = { kind: 'none' } | UserIdentity | OnboardingIdentity | ClusterIdentity | ApiKeyIdentity
