/** A complete OIDC issuer for tests (oidc-provider), with a page on which a user signs in or refuses. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { exportJWK, generateKeyPair } from 'jose'
import Provider, { type Configuration, type KoaContextWithOIDC } from 'oidc-provider'

export interface TestOidcProvider {
  /** Its address. */
  url: string
  issuer: string
  clientId: string
  clientSecret: string
  /** The client without a secret. */
  publicClientId: string
  close(): Promise<void>
}

export interface TestOidcProviderOptions {
  redirectUri: string
  port?: number
  /** Its own address by default. */
  issuer?: string
}

const CLIENT = {
  clientId: 'dashboard',
  clientSecret: 'correct-horse-battery-staple',
  publicClientId: 'dashboard-public',
}
/** Its access tokens are JWTs for this resource, as those of Cognito are. */
const RESOURCE = 'urn:radix'

/** The account `name@tenant` belongs to that tenant; `name` to none. */
export async function startTestOidcProvider(options: TestOidcProviderOptions): Promise<TestOidcProvider> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${addressOf(server).port}`
  const issuer = options.issuer ?? url
  const provider = new Provider(issuer, await configure(options.redirectUri))
  const answer = provider.callback()
  server.on('request', (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return void answer(request, response)
    interact(provider, request, response).catch((error) => response.writeHead(500).end(String(error)))
  })
  return {
    ...CLIENT,
    url,
    issuer,
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function addressOf(server: Server): AddressInfo {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('it does not listen')
  return address
}

async function configure(redirectUri: string): Promise<Configuration> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const client = {
    redirect_uris: [redirectUri],
    response_types: ['code' as const],
    grant_types: ['authorization_code'],
  }
  return {
    clients: [
      {
        ...client,
        client_id: CLIENT.clientId,
        client_secret: CLIENT.clientSecret,
        token_endpoint_auth_method: 'client_secret_post',
      },
      { ...client, client_id: CLIENT.publicClientId, token_endpoint_auth_method: 'none' },
    ],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'a', alg: 'RS256', use: 'sig' }] },
    cookies: { keys: ['of-a-test'] },
    ttl: { Interaction: 600, Grant: 600, Session: 600, AccessToken: 600, IdToken: 600, AuthorizationCode: 60 },
    pkce: { required: () => true },
    claims: { openid: ['sub', 'tenant_id', 'custom:tenant_id', 'cognito:username', 'token_use'] },
    conformIdTokenClaims: false,
    findAccount: (_, accountId) => ({ accountId, claims: () => claimsOf(accountId) }),
    extraTokenClaims: (_, token) => ({
      token_use: 'access',
      username: 'accountId' in token ? token.accountId : undefined,
    }),
    loadExistingGrant: grantEverything,
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({ scope: '', audience: RESOURCE, accessTokenFormat: 'jwt' }),
      },
    },
  }
}

function claimsOf(accountId: string): { sub: string; [claim: string]: string } {
  const [name, tenant] = accountId.split('@')
  const ofTenant = tenant ? { tenant_id: tenant, 'custom:tenant_id': tenant } : {}
  return { sub: accountId, 'cognito:username': name ?? '', token_use: 'id', ...ofTenant }
}

/** Grants the client its scopes without asking the user. */
async function grantEverything(context: KoaContextWithOIDC) {
  const { client, session, provider } = context.oidc
  const ids = { clientId: client?.clientId ?? '', accountId: session?.accountId ?? '' }
  const grant = new provider.Grant(ids)
  grant.addOIDCScope('openid')
  await grant.save()
  return grant
}

const PAGE = `<!doctype html><html lang="en"><title>Issuer</title><form method="post">
<label>Account <input name="account" autofocus></label>
<button name="choice" value="continue">Continue</button><button name="choice" value="refuse">Refuse</button></form></html>`

async function interact(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'POST') return void response.setHeader('content-type', 'text/html').end(PAGE)
  const form = new URLSearchParams(await text(request))
  const result =
    form.get('choice') === 'refuse'
      ? { error: 'access_denied', error_description: 'the user said no' }
      : { login: { accountId: form.get('account') ?? '' } }
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false })
}
