/** The issuers for dashboard sign-in, from the environment. The trusted issuers are in `../config.ts`. */
import { withoutTrailingSlashes } from '../../../core/trailing-slashes.ts'
import { invalidSetting } from '../../../errors/invalid-setting.ts'
import { type CognitoConfig, cognitoIssuer } from '../issuers/cognito.ts'
import type { IssuerEntry } from '../issuers/entries.ts'
import { isSafeUrl } from '../safe-url.ts'
import type { SignInProviderConfig } from './provider.ts'

type Environment = Readonly<Record<string, string | undefined>>
type Provider = Omit<SignInProviderConfig, 'id' | 'redirectUri'>

const CALLBACK = 'callback'
const DEFAULT_SCOPES = 'openid'

/** Throws `CONFIGURATION_INVALID`, naming the variable; never with a secret. */
export function readSignInProviders(
  env: Environment,
  entries: readonly IssuerEntry[],
  cognito: CognitoConfig | undefined,
): SignInProviderConfig[] {
  const providers = [...readCognitoProvider(env, cognito), ...entries.flatMap(toProvider)]
  if (providers.length === 0) return []
  const redirectUri = readRedirectUri(env)
  const named = providers.map((provider) => ({ ...provider, id: idOf(provider), redirectUri }))
  for (const [index, { id }] of named.entries()) {
    if (id !== CALLBACK && named.findIndex((other) => other.id === id) === index) continue
    const expected = 'a list in which each sign_in.name is unique'
    throw invalidSetting(
      'RADIX_OIDC_ISSUERS',
      '(not shown)',
      `a sign-in cannot have the id "${id}": it is taken`,
      expected,
    )
  }
  return named
}

function toProvider({ issuer, client_ids, sign_in }: IssuerEntry): Provider[] {
  if (!sign_in) return []
  const wrong = (reason: string, expected: string) =>
    invalidSetting('RADIX_OIDC_ISSUERS', '(not shown)', reason, expected)
  if (!client_ids.includes(sign_in.client_id)) {
    throw wrong(
      `the sign_in.client_id of ${issuer} is not an accepted client`,
      'a list whose client_ids contain sign_in.client_id',
    )
  }
  if (!isSafeUrl(issuer))
    throw wrong(`${issuer} is not https`, 'a list of https issuers; http is allowed only on this host')
  const scopes = sign_in.scopes ?? DEFAULT_SCOPES
  if (!scopes.split(' ').includes('openid')) {
    throw wrong(
      `the sign_in.scopes of ${issuer} do not include openid`,
      'a list whose sign_in.scopes begin with "openid"',
    )
  }
  return [
    {
      name: sign_in.name ?? new URL(issuer).host,
      issuer,
      clientId: sign_in.client_id,
      clientSecret: sign_in.client_secret,
      scopes,
      tokenUse: 'id',
    },
  ]
}

function readCognitoProvider(env: Environment, cognito: CognitoConfig | undefined): Provider[] {
  const clientId = env.RADIX_COGNITO_SIGN_IN_CLIENT_ID
  if (!clientId) return []
  if (!cognito?.clientIds.includes(clientId)) {
    const reason = 'it is not one of RADIX_COGNITO_CLIENT_ID'
    const expected = 'one of the clients in RADIX_COGNITO_CLIENT_ID, beside RADIX_COGNITO_USER_POOL_ID'
    throw invalidSetting('RADIX_COGNITO_SIGN_IN_CLIENT_ID', clientId, reason, expected)
  }
  const discoveryUrl = env.RADIX_COGNITO_DISCOVERY_URL || undefined
  if (discoveryUrl !== undefined && !(isSafeUrl(discoveryUrl) && discoveryUrl.includes('/.well-known/'))) {
    const reason = 'it is not the https address of a discovery document'
    const expected = 'an address such as https://HOST/POOL/.well-known/openid-configuration'
    throw invalidSetting('RADIX_COGNITO_DISCOVERY_URL', discoveryUrl, reason, expected)
  }
  return [
    {
      name: 'Cognito',
      issuer: cognitoIssuer(cognito),
      discoveryUrl,
      clientId,
      clientSecret: env.RADIX_COGNITO_SIGN_IN_CLIENT_SECRET || undefined,
      scopes: DEFAULT_SCOPES,
      tokenUse: cognito.tokenUses.includes('id') ? 'id' : 'access',
    },
  ]
}

function readRedirectUri({ RADIX_PUBLIC_URL: text }: Environment): string {
  if (text && /^https?:\/\//.test(text) && URL.canParse(text)) {
    return new URL(`${withoutTrailingSlashes(text)}/v1/sign-in/${CALLBACK}`).href
  }
  const reason = 'issuers send browsers back to it, but it is not an address'
  throw invalidSetting(
    'RADIX_PUBLIC_URL',
    text || 'not set',
    reason,
    'how browsers reach this control plane, such as https://radix.example.com',
  )
}

/** The characters of the name that a URL can hold. A name without any uses the host. */
function idOf({ name, issuer }: Provider): string {
  const slug = (text: string) =>
    text
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '')
  return slug(name) || slug(new URL(issuer).host)
}
