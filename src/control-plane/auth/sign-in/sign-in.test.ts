/** Signing in at an issuer: the way there and back, and every failure between. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Session } from '../../../contract/schemas/auth.ts'
import { deleteOld } from '../../background/retention.ts'
import { TestIssuer } from '../../testing/issuer.ts'
import { startTestOidcProvider, type TestOidcProvider } from '../../testing/oidc-provider.ts'
import { sendTo } from '../../testing/requests.ts'
import { openTestBrowser, type TestBrowser } from '../../testing/test-browser.ts'
import { startTestServer } from '../../testing/test-server.ts'
import { useTestServer } from '../../testing/use-test-server.ts'
import type { SignInProviderConfig } from './provider.ts'

const PUBLIC_URL = 'https://radix.example.com'
const CALLBACK = `${PUBLIC_URL}/v1/sign-in/callback`

let provider: TestOidcProvider
let odd: TestIssuer
let signOdd: Awaited<ReturnType<TestIssuer['addKey']>>
let browser: TestBrowser

beforeAll(async () => {
  provider = await startTestOidcProvider({ redirectUri: CALLBACK })
  odd = new TestIssuer()
  await odd.open()
  signOdd = await odd.addKey('a', { alg: 'RS256' })
})
afterAll(async () => {
  await provider.close()
  await odd.close()
})
const { server } = useTestServer(() => {
  const { issuer, clientId, clientSecret, publicClientId } = provider
  const base = { scopes: 'openid', tokenUse: 'id' as const, redirectUri: CALLBACK }
  const signIn: SignInProviderConfig[] = [
    { ...base, id: 'acme', name: 'Acme', issuer, clientId, clientSecret },
    { ...base, id: 'open', name: 'Open', issuer, clientId: publicClientId },
    { ...base, id: 'wrong-secret', name: 'Wrong secret', issuer, clientId, clientSecret: 'wrong-horse' },
    { ...base, id: 'odd', name: 'Odd', issuer: odd.url, clientId: 'dashboard' },
    { ...base, id: 'odd-secret', name: 'Odd', issuer: odd.url, clientId: 'dashboard', clientSecret: 'correct-horse' },
    { ...base, id: 'gone', name: 'Gone', issuer: 'http://127.0.0.1:1', clientId: 'dashboard' },
  ]
  const rule = { tenantClaim: 'tenant_id' }
  const issuers = [
    { ...rule, issuer, clientIds: [clientId, publicClientId] },
    { ...rule, issuer: odd.url, clientIds: ['dashboard'] },
  ]
  return { publicUrl: PUBLIC_URL, issuers, signIn, settings: { issuerTimeoutMs: 300 } }
})
beforeEach(() => {
  odd.tokens = {}
  odd.broken = undefined
  browser = newBrowser()
})

const newBrowser = () => openTestBrowser({ [PUBLIC_URL]: server.url })
const addressOf = (id: string, next?: string) =>
  `${PUBLIC_URL}/v1/sign-in/${id}${next === undefined ? '' : `?${new URLSearchParams({ next })}`}`

/** Goes to the issuer's page and signs in there. */
async function signIn(id: string, account: string, next?: string): Promise<void> {
  await browser.go(addressOf(id, next))
  expect(browser.url).toContain('/interaction/')
  await browser.go(browser.url, { account, choice: 'continue' })
}

/** The tenant and the user of the browser's session. */
async function whoAmI(): Promise<unknown> {
  const response = await sendTo(server.url, 'getSession', {
    headers: { cookie: browser.cookies(PUBLIC_URL).join('; ') },
  })
  return response.json()
}

/** The last page. */
function errorPage(): { path: string; error: string | null; next: string | null } {
  const { pathname, searchParams } = new URL(browser.url)
  return { path: pathname, error: searchParams.get('error'), next: searchParams.get('next') }
}

async function expectRefused(error: string, next: string | null = null): Promise<void> {
  expect(errorPage()).toEqual({ path: '/sign-in', error, next })
  expect(await whoAmI()).toMatchObject({ code: 'AUTH_MISSING' })
}

/** The request of the control plane to the odd issuer, which the browser does not follow. */
async function beginAtOdd(
  next?: string,
  provider = 'odd',
): Promise<{ state: string; nonce: string; cookie: string; asked: URL }> {
  const request = { params: { provider }, ...(next ? { query: { next } } : {}) }
  const response = await sendTo(server.url, 'beginSignIn', request)
  const asked = new URL(response.headers.get('location') ?? '')
  const read = (name: string) => asked.searchParams.get(name) ?? ''
  const [cookie = ''] = (response.headers.get('set-cookie') ?? '').split(';')
  return { state: read('state'), nonce: read('nonce'), cookie, asked }
}

/** The browser comes back with `query` and `cookie`. */
async function comeBack(
  query: Record<string, string>,
  cookie: string,
): Promise<{ location: string; cookies: string[] }> {
  const response = await sendTo(server.url, 'finishSignIn', { query, headers: { cookie } })
  expect(response.status).toBe(302)
  expect(response.headers.get('cache-control')).toBe('no-store')
  return { location: response.headers.get('location') ?? '', cookies: response.headers.getSetCookie() }
}

async function tokenFor(nonce: string, claims: Record<string, unknown> = {}): Promise<object> {
  const now = Math.floor(Date.now() / 1000)
  return { access_token: 'opaque', token_type: 'Bearer', id_token: await signOdd({ nonce, iat: now, ...claims }) }
}

describe('signing in at an issuer', () => {
  it.each(['acme', 'open'])('ends on the requested page, as the user whom the issuer names (%s)', async (id) => {
    await signIn(id, 'alice@acme', '/runs?status=failed')
    expect(browser.url).toBe(`${PUBLIC_URL}/runs?status=failed`)
    const { expires_at, ...who } = Session.parse(await whoAmI())
    expect(who).toEqual({ tenant_id: 'acme', subject: 'alice@acme', role: 'admin' })
    const hours = (Date.parse(expires_at ?? '') - Date.now()) / 3_600_000
    expect(hours).toBeGreaterThan(7.9)
    expect(hours).toBeLessThan(8.1)
    expect(browser.cookies(PUBLIC_URL)).toEqual([expect.stringMatching(/^radix_session=/)])
  })

  it('is offered by name, besides links', async () => {
    const response = await sendTo(server.url, 'listSignInWays')
    const ways = await response.json()
    expect(ways).toMatchObject({ links: true, providers: expect.arrayContaining([{ id: 'acme', name: 'Acme' }]) })
    expect(JSON.stringify(ways)).not.toContain(provider.clientId)
  })

  it('requests a code with a new PKCE challenge, state and nonce, and stores them in its own cookie', async () => {
    const response = await sendTo(server.url, 'beginSignIn', { params: { provider: 'odd' } })
    const { searchParams } = new URL(response.headers.get('location') ?? '')
    expect(Object.fromEntries(searchParams)).toEqual({
      client_id: 'dashboard',
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope: 'openid',
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    })
    expect(response.headers.get('set-cookie')?.split('; ').slice(1)).toEqual([
      'Path=/v1/sign-in',
      'HttpOnly',
      'SameSite=Lax',
      'Max-Age=600',
      'Secure',
    ])
    expect((await beginAtOdd()).state).not.toBe(searchParams.get('state'))
  })

  it('sends its secret in the standard way when the issuer names none', async () => {
    const { state, nonce, cookie } = await beginAtOdd('/runs', 'odd-secret')
    odd.tokens = await tokenFor(nonce)
    expect((await comeBack({ state, code: 'c' }, cookie)).location).toBe('/runs')
    const [scheme, encoded = ''] = odd.authorization?.split(' ') ?? []
    const [client, secret = ''] = Buffer.from(encoded, 'base64').toString().split(':')
    expect([scheme, client, decodeURIComponent(secret)]).toEqual(['Basic', 'dashboard', 'correct-horse'])
  })

  it.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/.//evil.example',
    '/v1/sign-in/acme',
    'clusters',
  ])('never sends a browser to %s', async (next) => {
    const { state, nonce, cookie } = await beginAtOdd(next)
    odd.tokens = await tokenFor(nonce)
    expect((await comeBack({ state, code: 'c' }, cookie)).location).toBe('/clusters')
    odd.broken = { status: 500, body: '' }
    await browser.go(addressOf('gone', next))
    await expectRefused('SIGN_IN_ISSUER_UNREACHABLE')
  })
})

describe('a sign-in is refused, on a page that says so,', () => {
  it('when its answer arrives a second time', async () => {
    const { state, nonce, cookie } = await beginAtOdd()
    odd.tokens = await tokenFor(nonce)
    const first = await comeBack({ state, code: 'c' }, cookie)
    expect(first.location).toBe('/clusters')
    const again = await comeBack({ state, code: 'c' }, cookie)
    expect(again).toEqual({ location: '/sign-in?error=SIGN_IN_NOT_UNDER_WAY', cookies: [] })
  })

  it('when its answer arrives many times at once, all but once', async () => {
    const { state, nonce, cookie } = await beginAtOdd()
    odd.tokens = await tokenFor(nonce)
    const answers = await Promise.all(Array.from({ length: 6 }, () => comeBack({ state, code: 'c' }, cookie)))
    expect(answers.filter(({ location }) => location === '/clusters')).toHaveLength(1)
  })

  it('when it began in another browser: a link cannot sign a user in to another account', async () => {
    const [attacker, victim] = [await beginAtOdd(), await beginAtOdd('/runs')]
    odd.tokens = await tokenFor(attacker.nonce)
    for (const cookie of ['', victim.cookie]) {
      const { location, cookies } = await comeBack({ state: attacker.state, code: 'c' }, cookie)
      expect(location).toBe('/sign-in?error=SIGN_IN_NOT_UNDER_WAY')
      expect(cookies).toEqual([])
    }
    // The sign-in of the other browser is not affected.
    odd.tokens = await tokenFor(victim.nonce)
    expect((await comeBack({ state: victim.state, code: 'c' }, victim.cookie)).location).toBe('/runs')
  })

  it('when it took too long, and keeps the requested page', async () => {
    const { state, nonce, cookie } = await beginAtOdd('/runs')
    await server.db
      .updateTable('sign_ins')
      .set({ expires_at: new Date(0) })
      .execute()
    odd.tokens = await tokenFor(nonce)
    const { location, cookies } = await comeBack({ state, code: 'c' }, cookie)
    expect(location).toBe('/sign-in?error=SIGN_IN_NOT_UNDER_WAY&next=%2Fruns')
    expect(cookies).toEqual([expect.stringContaining('Max-Age=0')])
  })

  it('when access is denied at the issuer', async () => {
    await browser.go(addressOf('acme', '/runs'))
    await browser.go(browser.url, { choice: 'refuse' })
    await expectRefused('SIGN_IN_REFUSED', '/runs')
    expect(server.readLog()).toContain('access_denied: the user said no')
  })

  it('when the issuer fails', async () => {
    const { state, cookie } = await beginAtOdd()
    const { location } = await comeBack({ state, error: 'server_error' }, cookie)
    expect(location).toBe('/sign-in?error=SIGN_IN_ANSWER_REFUSED')
  })

  it('when the token names no tenant', async () => {
    await signIn('acme', 'nobody')
    await expectRefused('AUTH_NO_TENANT')
  })

  it('when the client secret is wrong', async () => {
    await signIn('wrong-secret', 'alice@acme')
    await expectRefused('SIGN_IN_ANSWER_REFUSED')
    expect(server.readLog()).toContain('invalid_client')
  })

  it.each([
    ['is for another client', { aud: 'another' }],
    ['has another nonce', { nonce: 'another' }],
    ['has no nonce', { nonce: undefined }],
    ['is of another issuer', { iss: 'https://evil.example' }],
  ])('when the token %s', async (_, claims) => {
    const { state, nonce, cookie } = await beginAtOdd()
    odd.tokens = await tokenFor(nonce, claims)
    expect((await comeBack({ state, code: 'c' }, cookie)).location).toBe('/sign-in?error=SIGN_IN_ANSWER_REFUSED')
  })

  it('when the token is signed with a foreign key', async () => {
    const { state, nonce, cookie } = await beginAtOdd()
    const stranger = new TestIssuer()
    stranger.url = odd.url
    const now = Math.floor(Date.now() / 1000)
    const id_token = await (await stranger.addKey('a', { alg: 'RS256' }))({ nonce, iat: now })
    odd.tokens = { access_token: 'opaque', token_type: 'Bearer', id_token }
    expect((await comeBack({ state, code: 'c' }, cookie)).location).toBe('/sign-in?error=AUTH_TOKEN_INVALID')
  })

  it('when there is no token', async () => {
    const { state, cookie } = await beginAtOdd()
    odd.tokens = { access_token: 'opaque-and-secret', token_type: 'Bearer' }
    expect((await comeBack({ state, code: 'c' }, cookie)).location).toBe('/sign-in?error=SIGN_IN_ANSWER_REFUSED')
    expect(server.readLog()).not.toContain('opaque-and-secret')
  })

  it('when the answer names another issuer', async () => {
    const { state, nonce, cookie } = await beginAtOdd()
    odd.tokens = await tokenFor(nonce)
    const query = { state, code: 'c', iss: 'https://evil.example' }
    expect((await comeBack(query, cookie)).location).toBe('/sign-in?error=SIGN_IN_ANSWER_REFUSED')
  })

  it('when nothing listens at the address of the issuer', async () => {
    await browser.go(addressOf('gone', '/runs'))
    await expectRefused('SIGN_IN_ISSUER_UNREACHABLE', '/runs')
  })

  it('when the issuer answers late or with an error, and the next sign-in succeeds', async () => {
    for (const [tokens, broken] of [
      ['silence', undefined],
      [{}, { status: 502, body: 'oops' }],
    ] as const) {
      const { state, cookie } = await beginAtOdd()
      odd.tokens = tokens
      odd.broken = broken
      expect((await comeBack({ state, code: 'c' }, cookie)).location).toBe('/sign-in?error=SIGN_IN_ISSUER_UNREACHABLE')
      odd.broken = undefined
    }
    const { state, nonce, cookie } = await beginAtOdd()
    odd.tokens = await tokenFor(nonce)
    expect((await comeBack({ state, code: 'c' }, cookie)).location).toBe('/clusters')
  })

  it('when the issuer redirects to another address: no secret and no code goes there', async () => {
    const elsewhere = new TestIssuer()
    await elsewhere.open()
    for (const status of [302, 307, 308]) {
      const { state, cookie } = await beginAtOdd(undefined, 'odd-secret')
      odd.broken = { status, body: '', location: `${elsewhere.url}/token` }
      expect((await comeBack({ state, code: 'c' }, cookie)).location).toMatch(/^\/sign-in\?error=SIGN_IN_/)
      odd.broken = undefined
    }
    expect(elsewhere.fetches).toBe(0)
    await elsewhere.close()
  })

  it('when the provider is unknown', async () => {
    await browser.go(addressOf('nowhere', '/runs'))
    await expectRefused('SIGN_IN_PROVIDER_UNKNOWN', '/runs')
  })

  it('when the answer is malformed', async () => {
    await browser.go(CALLBACK)
    await expectRefused('REQUEST_INVALID')
    await browser.go(`${CALLBACK}?state=a&state=b`)
    await expectRefused('REQUEST_INVALID')
  })
})

it('leaves no secret in the log, the database or the browser', async () => {
  await signIn('acme', 'alice@acme')
  const log = server.readLog()
  expect(log).toContain('a sign-in failed')
  expect(log).not.toMatch(/eyJ|radix_si_|radix_st_|correct-horse|wrong-horse/)
  expect(await server.db.selectFrom('sign_ins').selectAll().where('provider', '=', 'acme').execute()).toEqual([])
})

it('is deleted when it is not completed', async () => {
  await beginAtOdd()
  await server.db
    .updateTable('sign_ins')
    .set({ expires_at: new Date(0) })
    .execute()
  await beginAtOdd()
  await deleteOld(server.app)
  const { expires_at } = await server.db.selectFrom('sign_ins').select('expires_at').executeTakeFirstOrThrow()
  const minutes = (expires_at.getTime() - Date.now()) / 60_000
  expect(minutes).toBeGreaterThan(9.9)
  expect(minutes).toBeLessThan(10.1)
})

it('has its own rate limit, which the page shows as well', async () => {
  const client = { 'x-forwarded-for': '192.0.2.7' }
  const strict = await startTestServer({ signIn: [], trustedProxies: ['127.0.0.1'] })
  const begin = () => sendTo(strict.url, 'beginSignIn', { params: { provider: 'x' }, headers: client })
  const pages: (string | null)[] = []
  for (let sent = 0; sent <= 60; sent++) pages.push((await begin()).headers.get('location'))
  expect(pages.filter((page) => page === '/sign-in?error=SIGN_IN_PROVIDER_UNKNOWN')).toHaveLength(60)
  expect(pages.at(-1)).toBe('/sign-in?error=RATE_LIMITED')
  await strict.close()
})
