/** Browsers: a cookie that no script can read, for a token or the code of a link. */
import { describe, expect, it } from 'vitest'
import { CSRF_HEADER } from '../../contract/route.ts'
import { Session } from '../../contract/schemas/auth.ts'
import { credentialHeader, readProblem, refusalOf, sendTo } from '../testing/requests.ts'
import { startTestServer } from '../testing/test-server.ts'
import { useTenantPerTest, useTestServer } from '../testing/use-test-server.ts'

const { server } = useTestServer()
const tenant = useTenantPerTest(server)

/** The cookie as a browser stores it. */
function cookieOf(response: Response): { cookie: string; attributes: string[] } {
  const [cookie = '', ...attributes] = (response.headers.get('set-cookie') ?? '').split('; ')
  return { cookie, attributes }
}

async function signIn(): Promise<{ cookie: string }> {
  const response = await sendTo(server.url, 'createSession', { headers: credentialHeader('user', tenant.token) })
  expect(response.status).toBe(201)
  return { cookie: cookieOf(response).cookie }
}

const own = { [CSRF_HEADER]: '1' }

describe('a session', () => {
  it('is a cookie that scripts and other sites cannot use, and names the user', async () => {
    const response = await sendTo(server.url, 'createSession', { headers: credentialHeader('user', tenant.token) })
    const { cookie, attributes } = cookieOf(response)
    expect(attributes).toEqual(['Path=/', 'HttpOnly', 'SameSite=Strict', expect.stringMatching(/^Expires=/)])
    expect(await response.clone().text()).not.toContain(cookie.split('=')[1])
    const who = await sendTo(server.url, 'getSession', { headers: { cookie } })
    const { expires_at } = Session.parse(await response.clone().json())
    expect(await who.json()).toEqual({ tenant_id: tenant.tenantId, subject: 'tester', role: 'admin', expires_at })
    expect(Date.parse(expires_at ?? '')).toBeGreaterThan(Date.now())
    expect(server.readLog()).not.toContain(cookie.split('=')[1])
  })

  it('is secure when browsers connect over https', async () => {
    const secure = await startTestServer({ publicUrl: 'https://radix.example.com' })
    const { token } = await secure.newTenant()
    const response = await sendTo(secure.url, 'createSession', { headers: credentialHeader('user', token) })
    expect(cookieOf(response).attributes).toContain('Secure')
    await secure.close()
  })

  it('may read with the cookie, and write only with the header that other sites cannot send', async () => {
    const { cookie } = await signIn()
    expect((await sendTo(server.url, 'listClusters', { headers: { cookie } })).status).toBe(200)
    const body = { name: 'a' }
    const forged = await sendTo(server.url, 'createCluster', { headers: { cookie }, body })
    expect(await readProblem(forged)).toMatchObject({ status: 403, code: 'AUTH_CSRF' })
    expect((await sendTo(server.url, 'createCluster', { headers: { cookie, ...own }, body })).status).toBe(201)
    expect((await tenant.client.call('listClusters', {})).items).toHaveLength(1)
  })

  it('opens only user routes', async () => {
    const { cookie } = await signIn()
    const body = { job_type: 'training', features: {}, candidate_gpu_types: ['A10G'] }
    const response = await sendTo(server.url, 'score', { headers: { cookie, ...own }, body })
    expect(await readProblem(response)).toMatchObject({ status: 401, code: 'AUTH_MISSING' })
  })

  it('ends when the browser signs out, and at its expiry', async () => {
    const { cookie } = await signIn()
    const out = await sendTo(server.url, 'endSession', { headers: { cookie, ...own } })
    expect(out.status).toBe(204)
    expect(out.headers.get('set-cookie')).toContain('Max-Age=0')
    const after = await sendTo(server.url, 'getSession', { headers: { cookie } })
    expect(await readProblem(after)).toMatchObject({ status: 401, code: 'AUTH_SESSION_ENDED' })
    const expiring = await signIn()
    await server.db
      .updateTable('sessions')
      .set({ expires_at: new Date(0) })
      .execute()
    const late = await sendTo(server.url, 'getSession', { headers: expiring })
    expect((await readProblem(late)).code).toBe('AUTH_SESSION_ENDED')
  })
})

describe('a stream that a session opened', () => {
  const { server: brief } = useTestServer({ settings: { streamKeepAliveMs: 100, pollRecheckMs: 100 } })

  async function signInBriefly() {
    const newcomer = await brief.newTenant()
    const response = await sendTo(brief.url, 'createSession', { headers: credentialHeader('user', newcomer.token) })
    const { clusterId: cluster_id } = await brief.onboard(newcomer)
    const body = { job_kind: 'resnet50_benchmark' as const }
    const { job_id } = await newcomer.client.call('launchJob', { params: { cluster_id }, body })
    return { cookie: cookieOf(response).cookie, params: { cluster_id, job_id }, tenantId: newcomer.tenantId }
  }
  const sessionsOf = (tenantId: string) => brief.db.updateTable('sessions').where('tenant_id', '=', tenantId)
  type Ending = (cookie: string, tenantId: string) => Promise<unknown>
  const signOut: Ending = (cookie) => sendTo(brief.url, 'endSession', { headers: { cookie, ...own } })
  const expire: Ending = (_, tenantId) =>
    sessionsOf(tenantId)
      .set({ expires_at: new Date(0) })
      .execute()

  it.each([
    ['streamChanges', 'was ended', signOut],
    ['streamChanges', 'has expired', expire],
    ['streamJob', 'was ended', signOut],
    ['streamJob', 'has expired', expire],
  ] as const)('%s ends when it %s, and not before', async (name, _, end) => {
    const { cookie, params, tenantId } = await signInBriefly()
    const route = name === 'streamJob' ? { params } : {}
    const response = await sendTo(brief.url, name, { ...route, headers: { cookie } })
    let text = ''
    const ended = response.body?.pipeThrough(new TextDecoderStream()).pipeTo(
      new WritableStream({
        write: (chunk) => {
          text += chunk
        },
      }),
    )
    // Twice, so that it has checked its session in between.
    await expect.poll(() => text.split('still here').length).toBeGreaterThan(2)
    await end(cookie, tenantId)
    await ended
  })

  it('ends at its expiry, between two checks', async () => {
    const { cookie } = await signIn()
    await server.db
      .updateTable('sessions')
      .set({ expires_at: new Date(Date.now() + 600) })
      .where('tenant_id', '=', tenant.tenantId)
      .execute()
    await (await sendTo(server.url, 'streamChanges', { headers: { cookie } })).text()
  })
})

it('cannot renew itself: sessions and links need tokens', async () => {
  const { cookie } = await signIn()
  for (const name of ['createSession', 'createSignInLink'] as const) {
    const refused = await sendTo(server.url, name, { headers: { cookie, ...own } })
    expect(await readProblem(refused)).toMatchObject({ status: 401, code: 'AUTH_MISSING' })
  }
})

describe('a sign-in link', () => {
  it('signs in one of many concurrent browsers, as the user who created it', async () => {
    const { code } = await tenant.client.call('createSignInLink', {})
    const tries = Array.from({ length: 6 }, () => sendTo(server.url, 'openSignInLink', { body: { code } }))
    const answers = await Promise.all(tries)
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 401, 401, 401, 401, 401])
    const opened = answers.find(({ status }) => status === 201)
    const { cookie } = cookieOf(opened ?? new Response())
    const who = await sendTo(server.url, 'getSession', { headers: { cookie } })
    expect(await who.json()).toMatchObject({ tenant_id: tenant.tenantId })
  })

  it('is refused after its expiry, and when it is invalid', async () => {
    const { code } = await tenant.client.call('createSignInLink', {})
    await server.db
      .updateTable('sign_in_links')
      .set({ expires_at: new Date(0) })
      .execute()
    const open = (text: string) => server.clientWith('').call('openSignInLink', { body: { code: text } })
    expect(await refusalOf(open(code))).toMatchObject({ code: 'AUTH_LINK_INVALID' })
    expect(await refusalOf(open('radix_ln_x'))).toMatchObject({ code: 'AUTH_LINK_INVALID' })
  })
})
