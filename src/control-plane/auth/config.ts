/** The trusted issuers, from the environment. */
import { z } from 'zod'
import type { Role } from '../../contract/roles.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { OutsideJsonError, parseOutsideJson } from '../../core/outside-json.ts'
import { invalidSetting } from '../../errors/invalid-setting.ts'
import { COGNITO_TOKEN_USES, type CognitoConfig } from './issuers/cognito.ts'
import { type IssuerEntry, Issuers, SafeUrl } from './issuers/entries.ts'
import { GITHUB_ISSUER, type GithubConfig } from './issuers/github.ts'
import type { OidcConfig } from './issuers/oidc.ts'
import { readSignInProviders } from './sign-in/config.ts'
import type { SignInProviderConfig } from './sign-in/provider.ts'

export interface AuthConfig {
  /** Trusted OIDC issuers of user tokens. */
  issuers: OidcConfig[]
  /** A trusted Cognito user pool. */
  cognito?: CognitoConfig | undefined
  /** Whose jobs of GitHub Actions are let in by their own tokens. */
  github?: GithubConfig | undefined
  /** Whether tokens of the data directory's own key are accepted. */
  localIssuer: boolean
  /** At whom people sign in to the dashboard. */
  signIn?: readonly SignInProviderConfig[] | undefined
  /** How browsers reach this control plane, where it is known. */
  publicUrl?: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

const Text = z.string().min(1)
const Texts = z.array(Text).min(1)
const ISSUERS_EXPECTED =
  'a JSON list of {"issuer": "https://…", "client_ids": ["…"], "tenant_claim"?: "…", "tenant"?: "…", "tenants"?: ["…"], "jwks_uri"?: "…", "sign_in"?: {"client_id": "…", "client_secret"?: "…", "scopes"?: "openid", "name"?: "…"}}'

const Cognito = z.strictObject({
  userPoolId: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d_[A-Za-z0-9]+$/, 'it is not the id of a user pool'),
  clientIds: Texts,
  tokenUses: z.array(z.enum(COGNITO_TOKEN_USES)).min(1),
  tenantClaim: Text,
  tenant: Text.optional(),
  jwksUri: SafeUrl.optional(),
})

/** A run's token starts and ends that run, or only reads. */
const RUN_ROLES = ['viewer', 'operator'] as const satisfies readonly Role[]

const Grants = z
  .array(
    z.strictObject({
      tenant: Text,
      role: z.enum(RUN_ROLES).default('operator'),
      repository_id: z.string().regex(/^\d+$/, 'it is not the number of a repository'),
      repository_owner_id: z.string().regex(/^\d+$/, 'it is not the number of an owner'),
      workflow_refs: Texts,
      events: Texts,
      refs: Texts,
    }),
  )
  .min(1)
const GRANTS_EXPECTED =
  'a JSON list of {"tenant": "…", "role"?: "operator", "repository_id": "123", "repository_owner_id": "456", "workflow_refs": ["owner/repository/.github/workflows/file.yml@refs/heads/main"], "events": ["workflow_dispatch"], "refs": ["refs/heads/main"]}'

/** Throws `CONFIGURATION_INVALID`, naming the variable. */
export function readAuthConfig(env: Environment): AuthConfig {
  const entries = readIssuers(env)
  const issuers = entries.map((entry) => toOidcConfig(entry, env))
  const cognito = readCognito(env)
  requireTenants(issuers, cognito)
  // A control plane that others reach with their own issuer trusts nothing else by default.
  const isAlone = issuers.length === 0 && cognito === undefined
  const localIssuer = env.RADIX_LOCAL_ISSUER ? env.RADIX_LOCAL_ISSUER === '1' : isAlone
  const signIn = readSignInProviders(env, entries, cognito)
  return {
    issuers,
    cognito,
    github: readGithub(env),
    localIssuer,
    publicUrl: env.RADIX_PUBLIC_URL || undefined,
    signIn,
  }
}

function readIssuers(env: Environment): IssuerEntry[] {
  const text = env.RADIX_OIDC_ISSUERS
  return text ? readJson('RADIX_OIDC_ISSUERS', text, Issuers, ISSUERS_EXPECTED) : []
}

/** Each of several issuers could otherwise name a tenant whose users another one signs in. */
function requireTenants(issuers: readonly OidcConfig[], cognito: CognitoConfig | undefined): void {
  if (issuers.length + (cognito ? 1 : 0) < 2) return
  const others = 'may name any tenant, and it is not the only issuer'
  if (cognito && cognito.tenant === undefined) {
    const reason = `the user pool ${cognito.userPoolId} ${others}`
    throw invalidSetting('RADIX_TENANT', 'not set', reason, 'the tenant of the users of that pool')
  }
  const open = issuers.find(({ tenant, tenants }) => tenant === undefined && tenants === undefined)
  if (!open) return
  const expected = 'a list in which each issuer has "tenant" or "tenants"'
  throw invalidSetting('RADIX_OIDC_ISSUERS', '(not shown)', `${open.issuer} ${others}`, expected)
}

function toOidcConfig(entry: IssuerEntry, env: Environment): OidcConfig {
  return {
    issuer: entry.issuer,
    clientIds: entry.client_ids,
    tenantClaim: entry.tenant_claim ?? (env.RADIX_TENANT_CLAIM || 'tenant_id'),
    tenant: entry.tenant ?? (env.RADIX_TENANT || undefined),
    tenants: entry.tenants,
    jwksUri: entry.jwks_uri,
  }
}

function readCognito(env: Environment): CognitoConfig | undefined {
  if (!env.RADIX_COGNITO_USER_POOL_ID) return undefined
  const settings = {
    userPoolId: env.RADIX_COGNITO_USER_POOL_ID,
    clientIds: listOf(env.RADIX_COGNITO_CLIENT_ID),
    tokenUses: listOf(env.RADIX_COGNITO_TOKEN_USE || 'id'),
    tenantClaim: env.RADIX_TENANT_CLAIM || 'custom:tenant_id',
    tenant: env.RADIX_TENANT || undefined,
    jwksUri: env.RADIX_COGNITO_JWKS_URI || undefined,
  }
  const parsed = Cognito.safeParse(settings)
  if (parsed.success) return parsed.data
  const member = String(parsed.error.issues[0]?.path[0])
  const [variable, expected] = COGNITO_VARIABLES[member] ?? ['RADIX_COGNITO_USER_POOL_ID', 'a user pool id']
  throw invalidSetting(
    variable,
    env[variable] ?? 'not set',
    parsed.error.issues[0]?.message ?? '',
    expected,
    parsed.error,
  )
}

const COGNITO_VARIABLES: Record<string, [variable: string, expected: string]> = {
  userPoolId: ['RADIX_COGNITO_USER_POOL_ID', 'the id of a user pool, such as us-west-2_abc123'],
  clientIds: ['RADIX_COGNITO_CLIENT_ID', 'the ids of the accepted clients of the pool, separated by commas'],
  tokenUses: ['RADIX_COGNITO_TOKEN_USE', 'id, access or id,access'],
  jwksUri: ['RADIX_COGNITO_JWKS_URI', 'the URL of a JSON Web Key Set'],
}

function readGithub(env: Environment): GithubConfig | undefined {
  const text = env.RADIX_GITHUB_GRANTS
  if (!text) return undefined
  const audience = env.RADIX_GITHUB_AUDIENCE
  // A token that was made for another control plane must not be good here: there is no default.
  if (!audience) {
    const expected = 'the address at which workflows reach this control plane, such as https://radix.example.com'
    throw invalidSetting('RADIX_GITHUB_AUDIENCE', 'not set', 'GitHub tokens are made for one audience', expected)
  }
  const grants = readJson('RADIX_GITHUB_GRANTS', text, Grants, GRANTS_EXPECTED).map((grant) => ({
    tenant: grant.tenant,
    role: grant.role,
    repositoryId: grant.repository_id,
    repositoryOwnerId: grant.repository_owner_id,
    workflowRefs: grant.workflow_refs,
    events: grant.events,
    refs: grant.refs,
  }))
  return { issuer: env.RADIX_GITHUB_ISSUER || GITHUB_ISSUER, audience, grants }
}

function readJson<T extends z.ZodType>(setting: string, text: string, schema: T, expected: string): z.output<T> {
  try {
    return parseOutsideJson(text, schema, { maxCharacters: CONTROL_PLANE_LIMITS.jsonSetting.value })
  } catch (error) {
    if (!(error instanceof OutsideJsonError)) throw error
    // The text may hold a secret: it is not repeated, and neither is the parser's own error, which quotes it.
    const reason = error.kind === 'not-json' ? 'it is not JSON' : error.message
    throw invalidSetting(setting, '(not shown)', reason, expected)
  }
}

function listOf(value: string | undefined): string[] {
  return (value ?? '').split(',').flatMap((part) => part.trim() || [])
}
