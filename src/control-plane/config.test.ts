import { describe, expect, it } from 'vitest'
import { redact } from '../core/redact.ts'
import { isRadixError } from '../errors/radix-error.ts'
import { renderErrorText } from '../errors/render.ts'
import { readServerConfig } from './config.ts'

const ISSUER = 'https://cognito-idp.us-east-1.amazonaws.com/us-east-1_x'
const issuers = (...list: object[]) => JSON.stringify(list)

function refusal(env: Record<string, string>) {
  try {
    readServerConfig(env)
  } catch (error) {
    if (isRadixError(error, 'CONFIGURATION_INVALID')) return error
  }
  throw new Error('it was accepted')
}

describe('the settings of a server', () => {
  it('default to those of the embedded mode', () => {
    expect(readServerConfig({})).toEqual({
      databaseUrl: undefined,
      issuers: [],
      cognito: undefined,
      github: undefined,
      localIssuer: true,
      publicUrl: undefined,
      signIn: [],
      rateLimitPerMinute: 6000,
      retentionDays: 90,
      auditRetentionDays: 365,
      signingKeyPem: undefined,
      trustedSigningKeys: [],
      trustedProxies: undefined,
    })
    expect(readServerConfig({ DATABASE_URL: '', RADIX_OIDC_ISSUERS: '' })).toEqual(readServerConfig({}))
  })

  it('name several issuers, each with its client ids and its tenant claim', () => {
    const text = issuers(
      { issuer: ISSUER, client_ids: ['dashboard', 'ci'], tenant_claim: 'custom:tenant', tenants: ['acme'] },
      {
        issuer: 'https://token.actions.githubusercontent.com',
        client_ids: ['radix'],
        tenant: 'initech',
        jwks_uri: 'https://keys.example/k',
      },
    )
    expect(readServerConfig({ RADIX_OIDC_ISSUERS: text, RADIX_TENANT_CLAIM: 'repository_owner' }).issuers).toEqual([
      {
        issuer: ISSUER,
        clientIds: ['dashboard', 'ci'],
        tenantClaim: 'custom:tenant',
        tenants: ['acme'],
        jwksUri: undefined,
      },
      {
        issuer: 'https://token.actions.githubusercontent.com',
        clientIds: ['radix'],
        tenantClaim: 'repository_owner',
        tenant: 'initech',
        jwksUri: 'https://keys.example/k',
      },
    ])
  })

  it('refuse several issuers when one may name any tenant', () => {
    const limited = { issuer: ISSUER, client_ids: ['a'], tenants: ['acme'] }
    const open = { issuer: 'https://open.example.com', client_ids: ['b'] }
    expect(refusal({ RADIX_OIDC_ISSUERS: issuers(limited, open) }).why).toContain('https://open.example.com')
    expect(readServerConfig({ RADIX_OIDC_ISSUERS: issuers(open) }).issuers).toHaveLength(1)
    const pool = { RADIX_COGNITO_USER_POOL_ID: 'us-west-2_abc123', RADIX_COGNITO_CLIENT_ID: 'ci' }
    const beside = { ...pool, RADIX_OIDC_ISSUERS: issuers(limited) }
    expect(refusal(beside).why).toContain('us-west-2_abc123 may name any tenant')
    expect(readServerConfig({ ...beside, RADIX_TENANT: 'acme' }).cognito).toMatchObject({ tenant: 'acme' })
  })

  it('refuse an issuer or its keys over http from another host', () => {
    const entry = { issuer: ISSUER, client_ids: ['a'] }
    for (const changes of [{ issuer: 'http://login.example.com' }, { jwks_uri: 'http://login.example.com/keys' }]) {
      expect(refusal({ RADIX_OIDC_ISSUERS: issuers({ ...entry, ...changes }) }).why).toContain('https')
    }
  })

  it('trust the local issuer besides others only when configured', () => {
    const RADIX_OIDC_ISSUERS = issuers({ issuer: ISSUER, client_ids: ['a'] })
    expect(readServerConfig({ RADIX_OIDC_ISSUERS }).localIssuer).toBe(false)
    expect(readServerConfig({ RADIX_OIDC_ISSUERS, RADIX_LOCAL_ISSUER: '1' }).localIssuer).toBe(true)
    expect(readServerConfig({ RADIX_LOCAL_ISSUER: '0' }).localIssuer).toBe(false)
  })

  it('name a Cognito user pool, several of its clients and the types of token', () => {
    const pool = { RADIX_COGNITO_USER_POOL_ID: 'us-west-2_abc123', RADIX_COGNITO_CLIENT_ID: 'dashboard, ci' }
    const { cognito, localIssuer } = readServerConfig(pool)
    expect(cognito).toEqual({
      userPoolId: 'us-west-2_abc123',
      clientIds: ['dashboard', 'ci'],
      tokenUses: ['id'],
      tenantClaim: 'custom:tenant_id',
    })
    expect(localIssuer).toBe(false)
    const both = { ...pool, RADIX_COGNITO_TOKEN_USE: 'id,access', RADIX_TENANT: 'acme' }
    expect(readServerConfig(both).cognito).toMatchObject({ tokenUses: ['id', 'access'], tenant: 'acme' })
  })

  it.each([
    ['RADIX_COGNITO_USER_POOL_ID', { RADIX_COGNITO_USER_POOL_ID: 'pool' }],
    ['RADIX_COGNITO_CLIENT_ID', { RADIX_COGNITO_CLIENT_ID: ' , ' }],
    ['RADIX_COGNITO_TOKEN_USE', { RADIX_COGNITO_TOKEN_USE: 'refresh' }],
    ['RADIX_COGNITO_JWKS_URI', { RADIX_COGNITO_JWKS_URI: 'keys' }],
  ])('refuse a Cognito pool with a bad %s', (setting, changes) => {
    const pool = { RADIX_COGNITO_USER_POOL_ID: 'us-west-2_abc123', RADIX_COGNITO_CLIENT_ID: 'ci' }
    expect(refusal({ ...pool, ...changes }).why).toContain(`${setting} is`)
  })

  it('require the audience of GitHub tokens, which has no default', () => {
    const grant = { tenant: 'acme', repository_id: '1', repository_owner_id: '2', events: ['schedule'], refs: ['r'] }
    const RADIX_GITHUB_GRANTS = JSON.stringify([{ ...grant, workflow_refs: ['w'] }])
    const github = readServerConfig({ RADIX_GITHUB_GRANTS, RADIX_GITHUB_AUDIENCE: 'https://radix.example.com' }).github
    expect(github).toMatchObject({ audience: 'https://radix.example.com', grants: [{ repositoryId: '1' }] })
    expect(refusal({ RADIX_GITHUB_GRANTS }).why).toContain('RADIX_GITHUB_AUDIENCE')
    expect(github?.grants[0]?.role).toBe('operator')
    const named = JSON.stringify([{ ...grant, workflow_refs: ['w'], repository_id: 'acme/models' }])
    expect(refusal({ RADIX_GITHUB_GRANTS: named, RADIX_GITHUB_AUDIENCE: 'a' }).why).toContain('repository_id')
  })

  it.each([
    ['RADIX_OIDC_ISSUERS', 'not json'],
    ['RADIX_OIDC_ISSUERS', '{}'],
    ['RADIX_OIDC_ISSUERS', issuers({ issuer: 'not a url', client_ids: ['a'] })],
    ['RADIX_OIDC_ISSUERS', issuers({ issuer: ISSUER, client_ids: [] })],
    ['RADIX_OIDC_ISSUERS', issuers({ issuer: ISSUER, client_ids: ['a'], audience: 'typo' })],
    ['RADIX_DEFAULT_ROLE', 'owner'],
    ['RADIX_ADMINS', 'alice@example.com'],
    ['RADIX_WEBHOOK_PRIVATE_NETWORKS', '0.0.0.0/0'],
    ['RADIX_AUDIT_RETENTION_DAYS', '29'],
    ['RADIX_RATE_LIMIT_PER_MINUTE', '0'],
    ['RADIX_RATE_LIMIT_PER_MINUTE', 'many'],
    ['DATABASE_URL', 'mysql://a/b'],
  ])('are refused by name: %s=%s', (name, value) => {
    expect(refusal({ [name]: value }).why).toContain(name)
  })

  it('name the keys whose signatures are trusted', () => {
    const [one, two] = [`SHA256:${'a'.repeat(43)}`, `SHA256:${'/+'.repeat(21)}Z`]
    expect(readServerConfig({ RADIX_TRUSTED_SIGNING_KEYS: `${one}, ${two},` }).trustedSigningKeys).toEqual([one, two])
    const error = refusal({ RADIX_TRUSTED_SIGNING_KEYS: `${one} ${two}` })
    expect(error.why).toContain('RADIX_TRUSTED_SIGNING_KEYS')
    expect(error.fix).toContain('radix evidence key')
  })

  const RADIX_PUBLIC_URL = 'https://radix.example.com/'
  const redirectUri = 'https://radix.example.com/v1/sign-in/callback'

  it('name issuers at which people sign in', () => {
    const named = { client_id: 'a', client_secret: 'open-sesame', scopes: 'openid org', name: 'Acme Login' }
    const RADIX_OIDC_ISSUERS = issuers(
      { issuer: 'https://login.example.com/', client_ids: ['a', 'ci'], tenant: 'acme', sign_in: named },
      { issuer: 'http://127.0.0.1:8081/realms/a', client_ids: ['b'], tenant: 'b', sign_in: { client_id: 'b' } },
      { issuer: 'https://programs.example.com', client_ids: ['c'], tenants: ['c'] },
    )
    const common = { tokenUse: 'id', redirectUri, discoveryUrl: undefined }
    expect(readServerConfig({ RADIX_OIDC_ISSUERS, RADIX_PUBLIC_URL }).signIn).toEqual([
      {
        ...common,
        id: 'acme-login',
        name: 'Acme Login',
        issuer: 'https://login.example.com/',
        clientId: 'a',
        clientSecret: 'open-sesame',
        scopes: 'openid org',
      },
      {
        ...common,
        id: '127-0-0-1-8081',
        name: '127.0.0.1:8081',
        issuer: 'http://127.0.0.1:8081/realms/a',
        clientId: 'b',
        clientSecret: undefined,
        scopes: 'openid',
      },
    ])
  })

  it('name a client of a Cognito user pool with which people sign in', () => {
    const pool = { RADIX_COGNITO_USER_POOL_ID: 'us-west-2_abc123', RADIX_COGNITO_CLIENT_ID: 'dashboard,ci' }
    const env = { ...pool, RADIX_PUBLIC_URL, RADIX_COGNITO_SIGN_IN_CLIENT_ID: 'dashboard' }
    expect(readServerConfig(env).signIn).toEqual([
      {
        id: 'cognito',
        name: 'Cognito',
        issuer: 'https://cognito-idp.us-west-2.amazonaws.com/us-west-2_abc123',
        clientId: 'dashboard',
        scopes: 'openid',
        tokenUse: 'id',
        redirectUri,
      },
    ])
    const only = { ...env, RADIX_COGNITO_TOKEN_USE: 'access', RADIX_COGNITO_SIGN_IN_CLIENT_SECRET: 'open-sesame' }
    expect(readServerConfig(only).signIn).toMatchObject([{ tokenUse: 'access', clientSecret: 'open-sesame' }])
    const stranger = refusal({ ...env, RADIX_COGNITO_SIGN_IN_CLIENT_ID: 'stranger' })
    expect(stranger.why).toContain('RADIX_COGNITO_SIGN_IN_CLIENT_ID')
    const elsewhere = refusal({
      ...env,
      RADIX_COGNITO_DISCOVERY_URL: 'http://10.0.0.1/.well-known/openid-configuration',
    })
    expect(elsewhere.why).toContain('RADIX_COGNITO_DISCOVERY_URL')
    expect(refusal({ ...env, RADIX_PUBLIC_URL: '' }).why).toContain('RADIX_PUBLIC_URL is not set')
    expect(refusal({ ...env, RADIX_PUBLIC_URL: 'radix.example.com' }).why).toContain('RADIX_PUBLIC_URL')
  })

  const secretly = { client_id: 'a', client_secret: 'open-sesame' }
  it.each([
    ['for a client without access', { client_ids: ['b'] }, 'client_id'],
    ['over http from another host', { issuer: 'http://login.example.com' }, 'https'],
    ['over another protocol', { issuer: 'ftp://127.0.0.1' }, 'https'],
    ['without the scope openid', { sign_in: { ...secretly, scopes: 'profile' } }, 'openid'],
    ['under the name of the callback', { sign_in: { ...secretly, name: 'Callback' } }, 'callback'],
    ['with a misspelt member', { sign_in: { ...secretly, scope: 'openid' } }, 'sign_in'],
  ])('refuse to let people sign in %s, without the secret', (_, changes, word) => {
    const entry = { issuer: 'https://login.example.com', client_ids: ['a'], sign_in: secretly, ...changes }
    const error = refusal({ RADIX_OIDC_ISSUERS: issuers(entry), RADIX_PUBLIC_URL })
    expect(error.why).toContain(word)
    expect(renderErrorText(error)).not.toContain('open-sesame')
  })

  it('distinguish two sign-ins, and refuse two with the same name', () => {
    const entry = (issuer: string, name: string) => ({
      issuer,
      client_ids: ['a'],
      tenant: 'acme',
      sign_in: { client_id: 'a', name },
    })
    const list = (...names: string[]) =>
      issuers(...names.map((name, n) => entry(`https://login-${n}.example.com`, name)))
    const { signIn } = readServerConfig({ RADIX_OIDC_ISSUERS: list('Acme', '社内'), RADIX_PUBLIC_URL })
    expect(signIn?.map(({ id }) => id)).toEqual(['acme', 'login-1-example-com'])
    expect(refusal({ RADIX_OIDC_ISSUERS: list('Acme', 'acme!'), RADIX_PUBLIC_URL }).why).toContain('"acme"')
  })

  it('do not show the secret of a client when the JSON is invalid', () => {
    const error = refusal({
      RADIX_OIDC_ISSUERS: '[{"sign_in": {"client_secret": "open-sesame" "name"}]',
      RADIX_PUBLIC_URL,
    })
    expect(renderErrorText(error)).not.toContain('open-sesame')
  })

  it('name the trusted proxies, each by its address or network', () => {
    const { trustedProxies } = readServerConfig({ RADIX_TRUSTED_PROXIES: '10.0.0.0/8, fd00::/8,192.0.2.1' })
    expect(trustedProxies).toEqual(['10.0.0.0/8', 'fd00::/8', '192.0.2.1'])
    for (const wrong of ['true', '10.0.0.0/33', '0.0.0.0/0', '10.0.0.0/8/8', '10.0.0', 'proxy.example.com']) {
      expect(refusal({ RADIX_TRUSTED_PROXIES: `10.0.0.1,${wrong}` }).why).toContain(wrong)
    }
  })

  it('do not show a password in the wrong place', () => {
    const error = refusal({ DATABASE_URL: 'mysql://user:open-sesame@host/db' })
    expect(`${error.message} ${error.fix}`).not.toContain('open-sesame')
  })

  it('show a template for the address of a database', () => {
    const text = redact(renderErrorText(refusal({ DATABASE_URL: 'localhost:5432' })))
    expect(text).toContain('postgres://USER@HOST:5432/DATABASE')
    expect(text).not.toContain('[redacted]')
  })
})
