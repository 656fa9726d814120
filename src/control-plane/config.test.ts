import { describe, expect, it } from 'vitest'
import { isRadixError } from '../errors/radix-error.ts'
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
  it('without any are those of the embedded mode', () => {
    expect(readServerConfig({})).toEqual({
      databaseUrl: undefined,
      issuers: [],
      cognito: undefined,
      github: undefined,
      localIssuer: true,
      publicUrl: undefined,
      rateLimitPerMinute: 6000,
      signingKeyPem: undefined,
      trustedSigningKeys: [],
    })
    expect(readServerConfig({ DATABASE_URL: '', RADIX_OIDC_ISSUERS: '' })).toEqual(readServerConfig({}))
  })

  it('name several issuers, each with its client ids and its tenant claim', () => {
    const text = issuers(
      { issuer: ISSUER, client_ids: ['dashboard', 'ci'], tenant_claim: 'custom:tenant' },
      {
        issuer: 'https://token.actions.githubusercontent.com',
        client_ids: ['radix'],
        jwks_uri: 'https://keys.example/k',
      },
    )
    expect(readServerConfig({ RADIX_OIDC_ISSUERS: text, RADIX_TENANT_CLAIM: 'repository_owner' }).issuers).toEqual([
      { issuer: ISSUER, clientIds: ['dashboard', 'ci'], tenantClaim: 'custom:tenant', jwksUri: undefined },
      {
        issuer: 'https://token.actions.githubusercontent.com',
        clientIds: ['radix'],
        tenantClaim: 'repository_owner',
        jwksUri: 'https://keys.example/k',
      },
    ])
  })

  it('trust the local issuer beside others only when told to', () => {
    const RADIX_OIDC_ISSUERS = issuers({ issuer: ISSUER, client_ids: ['a'] })
    expect(readServerConfig({ RADIX_OIDC_ISSUERS }).localIssuer).toBe(false)
    expect(readServerConfig({ RADIX_OIDC_ISSUERS, RADIX_LOCAL_ISSUER: '1' }).localIssuer).toBe(true)
    expect(readServerConfig({ RADIX_LOCAL_ISSUER: '0' }).localIssuer).toBe(false)
  })

  it('name a Cognito user pool, several of its clients and the kinds of token', () => {
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

  it('name the audience of GitHub tokens, for which there is no default', () => {
    const grant = { tenant: 'acme', repository_id: '1', repository_owner_id: '2', events: ['schedule'], refs: ['r'] }
    const RADIX_GITHUB_GRANTS = JSON.stringify([{ ...grant, workflow_refs: ['w'] }])
    const github = readServerConfig({ RADIX_GITHUB_GRANTS, RADIX_GITHUB_AUDIENCE: 'https://radix.example.com' }).github
    expect(github).toMatchObject({ audience: 'https://radix.example.com', grants: [{ repositoryId: '1' }] })
    expect(refusal({ RADIX_GITHUB_GRANTS }).why).toContain('RADIX_GITHUB_AUDIENCE')
    const named = JSON.stringify([{ ...grant, workflow_refs: ['w'], repository_id: 'acme/models' }])
    expect(refusal({ RADIX_GITHUB_GRANTS: named, RADIX_GITHUB_AUDIENCE: 'a' }).why).toContain('repository_id')
  })

  it.each([
    ['RADIX_OIDC_ISSUERS', 'not json'],
    ['RADIX_OIDC_ISSUERS', '{}'],
    ['RADIX_OIDC_ISSUERS', issuers({ issuer: 'not a url', client_ids: ['a'] })],
    ['RADIX_OIDC_ISSUERS', issuers({ issuer: ISSUER, client_ids: [] })],
    ['RADIX_OIDC_ISSUERS', issuers({ issuer: ISSUER, client_ids: ['a'], audience: 'typo' })],
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

  it('do not repeat a password that was given in the wrong place', () => {
    const error = refusal({ DATABASE_URL: 'mysql://user:open-sesame@host/db' })
    expect(`${error.message} ${error.fix}`).not.toContain('open-sesame')
  })
})
