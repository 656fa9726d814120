/** Signing in at an issuer: a real browser, a real OIDC issuer at another site, and the dashboard. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type OpenDatabase, openDatabase } from '../src/control-plane/store/database.ts'
import { embeddedConnectionOf } from '../src/control-plane/store/embedded-postgres.ts'
import { startTestOidcProvider, type TestOidcProvider } from '../src/control-plane/testing/oidc-provider.ts'
import {
  collectComplaints,
  describeWithBrowser,
  expectAccessible,
  expectGoodView,
  startBrowser,
} from './support/browser.ts'
import { type ControlPlane, startControlPlane, stopControlPlane } from './support/control-plane.ts'
import { findFreePort } from './support/free-port.ts'
import { Sandbox } from './support/sandbox.ts'

/** Another site than the issuer, which is at 127.0.0.1, as in production. */
let publicUrl: string
const BUILT = join(import.meta.dirname, '..', 'dist', 'dashboard', 'index.html')
const PATIENCE_MS = 40_000

describeWithBrowser('signing in to the dashboard at an issuer', () => {
  let sandbox: Sandbox
  let issuer: TestOidcProvider
  let controlPlane: ControlPlane
  let database: OpenDatabase
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let complaints: string[]

  beforeAll(async () => {
    expect(existsSync(BUILT), 'build it first: `npx vite build dashboard`').toBe(true)
    sandbox = await Sandbox.createUsed()
    const port = await findFreePort()
    publicUrl = `http://localhost:${port}`
    issuer = await startTestOidcProvider({ redirectUri: `${publicUrl}/v1/sign-in/callback` })
    const { clientId, clientSecret } = issuer
    const sign_in = { client_id: clientId, client_secret: clientSecret, name: 'Acme' }
    controlPlane = await startControlPlane(sandbox, port, [], {
      RADIX_PUBLIC_URL: publicUrl,
      RADIX_OIDC_ISSUERS: JSON.stringify([{ issuer: issuer.issuer, client_ids: [clientId], sign_in }]),
      RADIX_LOCAL_ISSUER: '1',
    })
    database = await openDatabase({ connection: embeddedConnectionOf(sandbox.dataDir), displayName: 'test' })
    browser = await startBrowser()
    context = await openContext()
    page = await context.newPage()
    complaints = collectComplaints(page)
  })
  afterAll(async () => {
    await browser?.close()
    await database?.close()
    if (controlPlane) await stopControlPlane(controlPlane)
    await issuer?.close()
    await sandbox?.remove()
  })

  async function openContext(): Promise<BrowserContext> {
    const opened = await browser.newContext({ baseURL: publicUrl, viewport: { width: 1280, height: 800 } })
    opened.setDefaultTimeout(PATIENCE_MS)
    return opened
  }

  const signInHeading = (where: Page) => where.getByRole('heading', { name: 'Sign in to Radix' }).waitFor()
  const button = (where: Page) => where.getByRole('link', { name: 'Sign in with Acme' })
  const notice = (where: Page) => where.getByText(/You will be signed out in \d minutes/)
  const endSessionsIn = (seconds: number) =>
    database.db
      .updateTable('sessions')
      .set({ expires_at: sql<Date>`now() + make_interval(secs => ${seconds})` })
      .execute()

  async function sayWhoIAm(where: Page, account: string): Promise<void> {
    await where.getByLabel('Account').fill(account)
    await where.getByRole('button', { name: 'Continue' }).click()
  }

  it('ends on the requested page', async () => {
    await page.goto('/runs?status=failed')
    await signInHeading(page)
    await page.getByText('Or print a sign-in link on the machine that runs the control plane').waitFor()
    await expectGoodView(page, 'ways')
    await button(page).click()
    await sayWhoIAm(page, 'alice@acme')
    await page.getByRole('heading', { name: 'Runs' }).waitFor()
    expect(page.url()).toBe(`${publicUrl}/runs?status=failed`)
    await page.getByText('alice@acme').waitFor()
  })

  it('leaves nothing that a script or a reader of the history could use', async () => {
    expect(await page.evaluate('document.cookie')).toBe('')
    expect(await page.evaluate('localStorage.length')).toBe(0)
    expect(await page.evaluate('JSON.stringify({ ...sessionStorage })')).not.toMatch(/eyJ|radix_|code|token/)
    const { entries } = await (await context.newCDPSession(page)).send('Page.getNavigationHistory')
    const addresses = entries.map(({ url }) => url)
    expect(addresses).toContain(`${publicUrl}/runs?status=failed`)
    expect(addresses.filter((address) => /[?&](code|state)=/.test(address) && address.startsWith(publicUrl))).toEqual(
      [],
    )
    const cookies = (await context.cookies(publicUrl)).map(({ name, sameSite, httpOnly }) => ({
      name,
      sameSite,
      httpOnly,
    }))
    expect(cookies).toEqual([{ name: 'radix_session', sameSite: 'Strict', httpOnly: true }])
  })

  it('warns before the session ends, and renews it in another tab without changing this one', async () => {
    await endSessionsIn(240)
    await page.reload()
    await notice(page).waitFor()
    await expectGoodView(page, 'notice')
    await page.evaluate('window.isTheSamePage = true')
    const [other] = await Promise.all([
      context.waitForEvent('page'),
      page.getByRole('link', { name: 'Sign in again' }).click(),
    ])
    await signInHeading(other)
    // The issuer remembers the user.
    await button(other).click()
    await other.getByRole('heading', { name: 'Runs' }).waitFor()
    expect(other.url()).toBe(`${publicUrl}/runs?status=failed`)
    await other.close()
    await notice(page).waitFor({ state: 'detached' })
    expect(await page.evaluate('window.isTheSamePage')).toBe(true)
  })

  it('asks for a sign-in when the session is over, and returns to the page', async () => {
    await page.goto('/clusters?name=gpu')
    await page.getByRole('heading', { name: 'Clusters' }).waitFor()
    await endSessionsIn(-1)
    await signInHeading(page)
    expect(new URL(page.url()).searchParams.get('next')).toBe('/clusters?name=gpu')
    await button(page).click()
    await page.getByRole('heading', { name: 'Clusters' }).waitFor()
    expect(page.url()).toBe(`${publicUrl}/clusters?name=gpu`)
  })

  it('signs out, and stays signed out although the issuer remembers the user', async () => {
    await page.getByRole('button', { name: 'Sign out' }).click()
    await signInHeading(page)
    await page.goto('/clusters')
    await signInHeading(page)
    await button(page).waitFor()
  })

  it('reports a denial at the issuer, and retries for the same page', async () => {
    const own = await openContext()
    const other = await own.newPage()
    await other.goto('/runs')
    await button(other).click()
    await other.getByRole('button', { name: 'Refuse' }).click()
    await other.getByText('The issuer did not sign you in').waitFor()
    await other.getByText('SIGN_IN_REFUSED').waitFor()
    await expectAccessible(other)
    await button(other).click()
    await sayWhoIAm(other, 'nobody')
    await other.getByText('The token names no tenant').waitFor()
    await button(other).click()
    // The issuer remembers the user; switching users is up to the issuer.
    await other.getByText('The token names no tenant').waitFor()
    await own.close()
  })

  it('reports a sign-in that began in another browser', async () => {
    const [mine, theirs] = [await openContext(), await openContext()]
    const [attacker, victim] = [await mine.newPage(), await theirs.newPage()]
    await attacker.goto('/sign-in')
    await button(attacker).click()
    // Held back, so that the code is not used.
    await mine.clearCookies({ name: 'radix_sign_in' })
    const [answer] = await Promise.all([
      attacker.waitForRequest(/\/v1\/sign-in\/callback\?/),
      sayWhoIAm(attacker, 'mallory@evil'),
    ])
    expect(answer.url()).toContain('code=')
    await victim.goto('/sign-in')
    await button(victim).waitFor()
    await victim.goto(answer.url())
    await victim.getByText('SIGN_IN_NOT_UNDER_WAY').waitFor()
    expect(await theirs.cookies(publicUrl)).toEqual([])
    await Promise.all([mine.close(), theirs.close()])
  })

  it('shows no text from the address', async () => {
    const other = await context.newPage()
    await other.goto('/sign-in?error=CALL_555&why=now&next=https://evil.example/')
    await button(other).waitFor()
    expect(await other.getByRole('alert').count()).toBe(0)
    expect(await button(other).getAttribute('href')).toBe('/v1/sign-in/acme')
    await other.close()
  })

  it('has logged no error in the browser, and no secret', () => {
    expect(complaints).toEqual([])
    expect(controlPlane.server.output()).toContain('a sign-in failed')
    expect(controlPlane.server.output()).not.toMatch(/eyJ|radix_st_|radix_si_|code=|correct-horse/)
  })
})
