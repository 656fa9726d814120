/**
 * Signing in through Cognito: the settings of docs/SIGN_IN.md, and an issuer of its shape. The pool's name is one
 * host, its pages are at another, and its tokens have claims of their own.
 */
import { expect, it } from 'vitest'
import { startTestOidcProvider } from '../../testing/oidc-provider.ts'
import { sendTo } from '../../testing/requests.ts'
import { openTestBrowser } from '../../testing/test-browser.ts'
import { startTestServer } from '../../testing/test-server.ts'
import { readAuthConfig } from '../config.ts'

const PUBLIC_URL = 'https://radix.example.com'
const POOL = 'eu-west-1_abc123'

it.each([
  ['ID', {}, 'alice', 'acme'],
  ['access', { RADIX_COGNITO_TOKEN_USE: 'access', RADIX_TENANT: 'everybody' }, 'alice@acme', 'everybody'],
])('signs a user in with the %s token of a user pool', async (_, settings, subject, tenant_id) => {
  const issuer = `https://cognito-idp.eu-west-1.amazonaws.com/${POOL}`
  const cognito = await startTestOidcProvider({ redirectUri: `${PUBLIC_URL}/v1/sign-in/callback`, issuer })
  const config = readAuthConfig({
    RADIX_PUBLIC_URL: PUBLIC_URL,
    RADIX_COGNITO_USER_POOL_ID: POOL,
    RADIX_COGNITO_CLIENT_ID: `${cognito.clientId},ci`,
    RADIX_COGNITO_SIGN_IN_CLIENT_ID: cognito.clientId,
    RADIX_COGNITO_SIGN_IN_CLIENT_SECRET: cognito.clientSecret,
    RADIX_COGNITO_DISCOVERY_URL: `${cognito.url}/.well-known/openid-configuration`,
    RADIX_COGNITO_JWKS_URI: `${cognito.url}/jwks`,
    ...settings,
  })
  const server = await startTestServer(config)
  const browser = openTestBrowser({ [PUBLIC_URL]: server.url })
  await browser.go(`${PUBLIC_URL}/v1/sign-in/cognito?next=/runs`)
  await browser.go(browser.url, { account: 'alice@acme', choice: 'continue' })
  expect(browser.url).toBe(`${PUBLIC_URL}/runs`)
  const headers = { cookie: browser.cookies(PUBLIC_URL).join('; ') }
  expect(await (await sendTo(server.url, 'getSession', { headers })).json()).toMatchObject({ tenant_id, subject })
  await server.close()
  await cognito.close()
})

it('refuses the discovery document of another pool', async () => {
  const cognito = await startTestOidcProvider({ redirectUri: `${PUBLIC_URL}/v1/sign-in/callback` })
  const server = await startTestServer(
    readAuthConfig({
      RADIX_PUBLIC_URL: PUBLIC_URL,
      RADIX_COGNITO_USER_POOL_ID: POOL,
      RADIX_COGNITO_CLIENT_ID: cognito.clientId,
      RADIX_COGNITO_SIGN_IN_CLIENT_ID: cognito.clientId,
      RADIX_COGNITO_DISCOVERY_URL: `${cognito.url}/.well-known/openid-configuration`,
    }),
  )
  const response = await sendTo(server.url, 'beginSignIn', { params: { provider: 'cognito' } })
  expect(response.headers.get('location')).toBe('/sign-in?error=SIGN_IN_ISSUER_UNREACHABLE')
  expect(server.readLog()).toContain(`is for the issuer ${cognito.issuer}`)
  await server.close()
  await cognito.close()
})
