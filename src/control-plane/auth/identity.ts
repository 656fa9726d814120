/** Who is calling, once the credential has been checked. */

export interface UserIdentity {
  kind: 'user'
  tenantId: string
  subject: string
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
