/**
 * Sign-in at an issuer: authorization code with PKCE, performed by the control plane, so no token ever reaches the
 * browser. The token is then checked like every other user token.
 */
import * as openid from 'openid-client'
import { redact } from '../../../core/redact.ts'
import { RadixError } from '../../../errors/radix-error.ts'
import { fetchFromIssuer } from '../issuers/jwt.ts'

export interface SignInProviderConfig {
  /** Names it in addresses. */
  id: string
  /** Names it for people. */
  name: string
  issuer: string
  /** Where the issuer describes itself, when that is not its well-known address. */
  discoveryUrl?: string | undefined
  clientId: string
  clientSecret?: string | undefined
  /** With blanks between them. */
  scopes: string
  /** Which of its tokens is the user token. */
  tokenUse: 'id' | 'access'
  /** Where it sends the browser back to. */
  redirectUri: string
}

/** Values that tie the answer to the request. */
export interface SignInChecks {
  state: string
  nonce: string
  codeVerifier: string
}

/** The parameters of the issuer's redirect. */
export interface IssuerAnswer {
  state: string
  code?: string | undefined
  iss?: string | undefined
  error?: string | undefined
  error_description?: string | undefined
}

export interface SignInProvider {
  id: string
  name: string
  /** The redirect of the browser, and what must be remembered until it returns. Throws `SIGN_IN_ISSUER_UNREACHABLE`. */
  begin(): Promise<{ location: string; checks: SignInChecks }>
  /**
   * The user token, not yet verified as one. Throws `SIGN_IN_REFUSED`, `SIGN_IN_ANSWER_REFUSED` or
   * `SIGN_IN_ISSUER_UNREACHABLE`, whose causes hold no secret.
   */
  finish(answer: IssuerAnswer, checks: Omit<SignInChecks, 'state'>): Promise<string>
}

/** `timeoutMs`: how long it may take for one answer. */
export function createSignInProvider(config: SignInProviderConfig, timeoutMs: number): SignInProvider {
  const { redirectUri } = config
  let discovered: Promise<openid.Configuration> | undefined
  /** Once, and again after anything went wrong. */
  const discover = () => {
    discovered ??= discoverIssuer(config, timeoutMs).catch((error: unknown) => {
      discovered = undefined
      throw unreachable(error)
    })
    return discovered
  }
  return {
    id: config.id,
    name: config.name,
    async begin() {
      const checks = {
        state: openid.randomState(),
        nonce: openid.randomNonce(),
        codeVerifier: openid.randomPKCECodeVerifier(),
      }
      const location = openid.buildAuthorizationUrl(await discover(), {
        redirect_uri: redirectUri,
        scope: config.scopes,
        state: checks.state,
        nonce: checks.nonce,
        code_challenge: await openid.calculatePKCECodeChallenge(checks.codeVerifier),
        code_challenge_method: 'S256',
      })
      return { location: location.href, checks }
    },
    async finish(answer, { nonce, codeVerifier }) {
      const issuer = await discover()
      const grant = openid.authorizationCodeGrant(issuer, urlOf(redirectUri, answer), {
        expectedState: answer.state,
        expectedNonce: nonce,
        pkceCodeVerifier: codeVerifier,
      })
      const tokens = await grant.catch((error: unknown) => {
        discovered = undefined
        throw explain(error)
      })
      const token = config.tokenUse === 'id' ? tokens.id_token : tokens.access_token
      if (token === undefined) throw new RadixError('SIGN_IN_ANSWER_REFUSED')
      return token
    },
  }
}

async function discoverIssuer(
  { issuer, discoveryUrl, clientId, clientSecret }: SignInProviderConfig,
  timeoutMs: number,
): Promise<openid.Configuration> {
  const url = new URL(discoveryUrl ?? issuer)
  const discovered = await openid.discovery(url, clientId, undefined, authenticateClient(clientSecret), {
    timeout: timeoutMs / 1000,
    [openid.customFetch]: (asked, request) => fetchForSignIn(asked, request, timeoutMs),
    // The configuration allows http only on this host.
    execute: url.protocol === 'http:' ? [openid.allowInsecureRequests] : [],
  })
  const { issuer: found } = discovered.serverMetadata()
  // The library compares the two only where the one is derived from the other.
  if (discoveryUrl !== undefined && found !== issuer) throw new Error(`${discoveryUrl} is for the issuer ${found}`)
  return discovered
}

/** The issuer's description is asked for again when the issuer is busy; a code is redeemed once. */
async function fetchForSignIn(url: string, request: openid.CustomFetchOptions, timeoutMs: number): Promise<Response> {
  const { body = null, signal = null, ...rest } = request
  if (request.method !== 'GET') return fetch(url, { ...rest, body, signal })
  const { bytes, status, contentType } = await fetchFromIssuer(url, { timeoutMs, headers: request.headers })
  return new Response(new Uint8Array(bytes), { status, headers: { 'content-type': contentType ?? '' } })
}

/** In the body if the issuer accepts it there: some issuers do not decode Basic credentials correctly. */
function authenticateClient(secret: string | undefined): openid.ClientAuth {
  if (secret === undefined) return openid.None()
  const [inBody, asBasic] = [openid.ClientSecretPost(secret), openid.ClientSecretBasic(secret)]
  return (issuer, ...rest) => {
    const takesBody = issuer.token_endpoint_auth_methods_supported?.includes('client_secret_post')
    return takesBody ? inBody(issuer, ...rest) : asBasic(issuer, ...rest)
  }
}

function urlOf(redirectUri: string, answer: IssuerAnswer): URL {
  const url = new URL(redirectUri)
  for (const [name, value] of Object.entries(answer)) if (value !== undefined) url.searchParams.set(name, value)
  return url
}

function explain(error: unknown): unknown {
  if (error instanceof openid.AuthorizationResponseError && error.error === 'access_denied') {
    return new RadixError('SIGN_IN_REFUSED', {}, { cause: withoutSecrets(error) })
  }
  if (isNetworkError(error)) return unreachable(error)
  if (error instanceof TypeError) return error // a bug
  return new RadixError('SIGN_IN_ANSWER_REFUSED', {}, { cause: withoutSecrets(error) })
}

function unreachable(error: unknown): RadixError {
  return new RadixError('SIGN_IN_ISSUER_UNREACHABLE', {}, { cause: withoutSecrets(error) })
}

/** 1. It timed out. 2. `fetch` could not connect. 3. The issuer answered with its own error. */
function isNetworkError(error: unknown): boolean {
  if (error instanceof openid.ClientError && error.code === 'OAUTH_TIMEOUT') return true
  if (error instanceof TypeError) return !('code' in error)
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Response && cause.status >= 500
}

/** The library's errors carry the answers that they are about, tokens and all: of those only the words are kept. */
function withoutSecrets(error: unknown): Error {
  if (error instanceof openid.AuthorizationResponseError || error instanceof openid.ResponseBodyError) {
    return new Error(redact([error.error, error.error_description].filter(Boolean).join(': ')))
  }
  const words = error instanceof Error ? [error.message, messageOf(error.cause)] : [String(error)]
  return new Error(redact(words.filter(Boolean).join(': ')))
}

function messageOf(cause: unknown): string {
  if (cause instanceof Response) return `status ${cause.status}`
  return cause instanceof Error ? [cause.message, messageOf(cause.cause)].filter(Boolean).join(': ') : ''
}
