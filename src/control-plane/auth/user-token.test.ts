/** User tokens of real issuers: servers that publish keys, as Cognito, GitHub and others do. */
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { TestIssuer } from '../testing/issuer.ts'
import { refusalOf } from '../testing/requests.ts'
import { type OidcConfig, trustLocalIssuer, trustOidcIssuer } from './issuers/oidc.ts'
import { createUserTokenVerifier } from './user-token.ts'

let issuer: TestIssuer
let other: TestIssuer
beforeEach(async () => {
  issuer = new TestIssuer()
  other = new TestIssuer()
  await Promise.all([issuer.open(), other.open()])
})
afterEach(async () => {
  vi.useRealTimers()
  await Promise.all([issuer.close(), other.close()])
})

function configOf({ url }: TestIssuer, changes: Partial<OidcConfig> = {}): OidcConfig {
  return { issuer: url, clientIds: ['dashboard', 'ci'], tenantClaim: 'tenant_id', ...changes }
}

function verifierOf(...configs: OidcConfig[]) {
  return createUserTokenVerifier(configs.map(trustOidcIssuer))
}

describe('a token', () => {
  it('of any of several issuers is accepted, each with its own keys', async () => {
    const [sign, signOther] = [await issuer.addKey('a'), await other.addKey('a')]
    const verify = verifierOf(configOf(issuer), configOf(other, { tenantClaim: 'org' }))
    expect(await verify(await sign())).toEqual({
      tenantId: 'acme',
      subject: 'someone',
      principal: `${issuer.url}#someone`,
      maxRole: 'admin',
    })
    expect(await verify(await signOther({ org: 'initech' }))).toMatchObject({ tenantId: 'initech' })
    const crossed = verify(await signOther({ iss: issuer.url }))
    expect(await refusalOf(crossed)).toMatchObject({ code: 'AUTH_TOKEN_INVALID' })
  })

  it.each([
    ['its address', { email: 'ann@acme.example', preferred_username: 'ann', name: 'Ann' }, 'ann@acme.example'],
    ['no unverified address', { email: 'ann@acme.example', email_verified: false, name: 'Ann' }, 'Ann'],
    ['its preferred name', { email: '', preferred_username: 'ann', name: 'Ann' }, 'ann'],
    ['its name', { email: 7, name: 'Ann' }, 'Ann'],
    ['its subject without any of these', {}, '1184400'],
    ['nothing', { sub: undefined }, 'unknown'],
  ])('names its user by %s', async (_, claims, subject) => {
    const sign = await issuer.addKey('a')
    const verify = verifierOf(configOf(issuer))
    expect(await verify(await sign({ sub: '1184400', ...claims } as JWTPayload))).toMatchObject({ subject })
  })

  it.each([
    ['aud', { aud: 'ci' }],
    ['a list of audiences', { aud: ['something', 'dashboard'] }],
    ['client_id, as in access tokens of Cognito', { aud: undefined, client_id: 'ci' }],
  ])('may name its client in %s', async (_, claims) => {
    const sign = await issuer.addKey('a')
    const verify = verifierOf(configOf(issuer))
    expect(await verify(await sign(claims as JWTPayload))).toMatchObject({ tenantId: 'acme' })
  })

  it.each([
    ['for another client', { aud: 'another' }, 'another client'],
    [
      'for another audience, though by a client of ours',
      { aud: 'account', azp: 'dashboard', client_id: 'ci' },
      'another client',
    ],
    ['for no client', { aud: undefined }, 'another client'],
    ['that is not valid yet', { nbf: Math.floor(Date.now() / 1000) + 3600 }, 'nbf'],
    ['of an untrusted issuer', { iss: 'https://evil.example' }, 'issuer'],
  ])('%s is refused, with the reason', async (_, claims, reason) => {
    const sign = await issuer.addKey('a')
    const verify = verifierOf(configOf(issuer))
    const error = await refusalOf(verify(await sign(claims as JWTPayload)))
    expect(error).toMatchObject({ code: 'AUTH_TOKEN_INVALID', why: expect.stringContaining(reason) })
  })

  it('may have expired a moment ago, within the clock tolerance', async () => {
    const sign = await issuer.addKey('a')
    const verify = verifierOf(configOf(issuer))
    expect(await verify(await sign({}, -55))).toMatchObject({ tenantId: 'acme' })
    expect(await refusalOf(verify(await sign({}, -90)))).toMatchObject({ code: 'AUTH_TOKEN_EXPIRED' })
  })

  it.each([undefined, '', 7, ['acme']])('with the tenant %j is refused, naming the claim', async (tenant_id) => {
    const sign = await issuer.addKey('a')
    const verify = verifierOf(configOf(issuer))
    const error = await refusalOf(verify(await sign({ tenant_id })))
    expect(error).toMatchObject({ code: 'AUTH_NO_TENANT', why: expect.stringContaining('tenant_id') })
  })

  it('with a tenant that its issuer may not name is refused', async () => {
    const sign = await issuer.addKey('a')
    const verify = verifierOf(configOf(issuer, { tenants: ['acme', 'initech'] }))
    expect(await verify(await sign({ tenant_id: 'initech' }))).toMatchObject({ tenantId: 'initech' })
    const error = await refusalOf(verify(await sign({ tenant_id: 'globex' })))
    expect(error).toMatchObject({ code: 'AUTH_TENANT_NOT_ALLOWED', why: expect.stringContaining('globex') })
  })

  it('without an expiry is refused', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const verify = createUserTokenVerifier([
      trustLocalIssuer({ keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256' }] }),
    ])
    const token = await new SignJWT({ iss: 'radix-local', aud: 'radix', tenant_id: 'acme' })
      .setProtectedHeader({ alg: 'ES256' })
      .sign(privateKey)
    expect(await refusalOf(verify(token))).toMatchObject({ code: 'AUTH_TOKEN_INVALID' })
  })

  it.each(['ES256', 'ES384', 'RS256', 'RS512', 'PS256', 'EdDSA'])('may be signed with %s', async (alg) => {
    const sign = await issuer.addKey('a', { alg })
    expect(await verifierOf(configOf(issuer))(await sign())).toMatchObject({ tenantId: 'acme' })
  })

  it('signed with a shared secret is refused, even if that is the public key', async () => {
    await issuer.addKey('a')
    const verify = verifierOf(configOf(issuer))
    const secret = new TextEncoder().encode(issuer.publicKeys())
    const token = await new SignJWT({ iss: issuer.url, aud: 'dashboard', tenant_id: 'acme' })
      .setProtectedHeader({ alg: 'HS256', kid: 'a' })
      .setExpirationTime('1h')
      .sign(secret)
    expect(await refusalOf(verify(token))).toMatchObject({ code: 'AUTH_TOKEN_INVALID' })
  })

  it('without a signature is refused', async () => {
    await issuer.addKey('a')
    const verify = verifierOf(configOf(issuer))
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const claims = { iss: issuer.url, aud: 'dashboard', tenant_id: 'acme', exp: 4_000_000_000 }
    const token = `${part({ alg: 'none' })}.${part(claims)}.`
    expect(await refusalOf(verify(token))).toMatchObject({ code: 'AUTH_TOKEN_INVALID' })
  })
})

describe('a token that was verified', () => {
  it('is believed for a minute without its issuer, and for no longer', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const sign = await issuer.addKey('a')
    const verify = verifierOf(configOf(issuer))
    const token = await sign()
    const identity = await verify(token)
    await issuer.addKey('b', { replacing: true })
    vi.advanceTimersByTime(59_000)
    expect(await verify(token)).toEqual(identity)
    vi.advanceTimersByTime(2000)
    // A token of the new key has the keys fetched again.
    await verify(await (await issuer.addKey('c', { replacing: true }))())
    expect(await refusalOf(verify(token))).toMatchObject({ code: 'AUTH_TOKEN_INVALID' })
  })

  it('is refused once it has expired', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const sign = await issuer.addKey('a')
    const verify = verifierOf(configOf(issuer))
    const token = await sign({}, 5 - 60)
    expect(await verify(token)).toMatchObject({ tenantId: 'acme' })
    vi.advanceTimersByTime(6000)
    expect(await refusalOf(verify(token))).toMatchObject({ code: 'AUTH_TOKEN_EXPIRED' })
  })

  it('says nothing of another with the same claims', async () => {
    const sign = await issuer.addKey('a')
    const verify = verifierOf(configOf(issuer))
    const [header, claims] = (await sign()).split('.')
    await verify(await sign())
    const [, , otherSignature] = (await (await other.addKey('a'))()).split('.')
    const forged = [header, claims, otherSignature].join('.')
    expect(await refusalOf(verify(forged))).toMatchObject({ code: 'AUTH_TOKEN_INVALID' })
  })
})

describe('the keys of an issuer', () => {
  it('are fetched once for many tokens, also at the same time', async () => {
    const sign = await issuer.addKey('a')
    const verify = verifierOf(configOf(issuer))
    const tokens = await Promise.all(Array.from({ length: 10 }, () => sign()))
    await Promise.all(tokens.map(verify))
    expect(issuer.fetches).toBe(2) // the discovery document and the keys
  })

  it('may have a configured address, and then need no discovery', async () => {
    const sign = await issuer.addKey('a')
    const verify = verifierOf(configOf(issuer, { jwksUri: `${issuer.url}/keys` }))
    await verify(await sign())
    expect(issuer.fetches).toBe(1)
  })

  it('are fetched again for a new key, and a withdrawn key is refused', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const signOld = await issuer.addKey('old')
    const verify = verifierOf(configOf(issuer))
    await verify(await signOld())
    const signNew = await issuer.addKey('new', { replacing: true })
    vi.advanceTimersByTime(60_000) // unknown keys do not cause a request every time
    expect(await verify(await signNew())).toMatchObject({ tenantId: 'acme' })
    const error = await refusalOf(verify(await signOld()))
    expect(error).toMatchObject({ code: 'AUTH_TOKEN_INVALID', why: expect.stringContaining('does not publish') })
  })

  it.each([
    ['answers with an error', { status: 500, body: 'oops' }],
    ['answers with a page', { status: 200, body: '<html>' }],
    ['answers with JSON that is no key set', { status: 200, body: '{"keys": 7}' }],
  ])('make it unavailable while the issuer %s, and are used as soon as they are available', async (_, broken) => {
    const sign = await issuer.addKey('a')
    for (const jwksUri of [undefined, `${issuer.url}/keys`]) {
      const verify = verifierOf(configOf(issuer, { jwksUri }))
      issuer.broken = broken
      const error = await refusalOf(verify(await sign()))
      expect(error).toMatchObject({ code: 'UNAVAILABLE', why: expect.stringContaining(issuer.url) })
      issuer.broken = undefined
      expect(await verify(await sign())).toMatchObject({ tenantId: 'acme' })
    }
  })

  it('are requested again when the issuer is busy for a moment, as is its discovery document', async () => {
    const sign = await issuer.addKey('a')
    issuer.busyAnswers = 1
    expect(await verifierOf(configOf(issuer))(await sign())).toMatchObject({ tenantId: 'acme' })
    issuer.busyAnswers = 1
    const jwksUri = `${issuer.url}/keys`
    expect(await verifierOf(configOf(issuer, { jwksUri }))(await sign())).toMatchObject({ tenantId: 'acme' })
  })

  it('make it unavailable while nothing listens at its address', async () => {
    const sign = await issuer.addKey('a')
    const verify = verifierOf(configOf(issuer))
    await issuer.close()
    expect(await refusalOf(verify(await sign()))).toMatchObject({ code: 'UNAVAILABLE' })
    await issuer.open(Number(new URL(issuer.url).port))
    expect(await verify(await sign())).toMatchObject({ tenantId: 'acme' })
  })

  it('that are unavailable do not affect other issuers', async () => {
    const sign = await other.addKey('a')
    const verify = verifierOf(configOf(issuer), configOf(other))
    issuer.broken = { status: 500, body: '' }
    expect(await verify(await sign())).toMatchObject({ tenantId: 'acme' })
  })
})
