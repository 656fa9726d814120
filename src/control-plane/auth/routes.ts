/** Sign-in routes for GitHub jobs and browsers. */
import { CREDENTIAL_HEADERS } from '../../contract/route.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { HandlersOf } from '../handler.ts'
import type { UserIdentity } from './identity.ts'
import { createRunToken } from './run-tokens.ts'
import { clearSessionCookie, readSessionCookie, writeSessionCookie } from './session-cookie.ts'
import * as sessions from './sessions.ts'
import { signInHandlers } from './sign-in/routes.ts'

export const authHandlers: HandlersOf<'auth'> = {
  exchangeGithubToken: async ({ body }, { db, verifyGithubToken }) => {
    if (!verifyGithubToken) throw new RadixError('AUTH_GITHUB_NOT_CONFIGURED')
    return createRunToken(db, await verifyGithubToken(body.token), body.key)
  },
  createSession: async ({ identity, setCookie }, { db, browsersUseHttps }) =>
    answer(await sessions.createSession(db, requireToken(identity)), setCookie, browsersUseHttps),
  openSignInLink: async ({ body, setCookie }, { db, browsersUseHttps }) =>
    answer(await sessions.openSignInLink(db, body.code), setCookie, browsersUseHttps),
  getSession: async ({ identity: { tenantId, subject, session } }) => ({
    tenant_id: tenantId,
    subject,
    expires_at: session?.expiresAt ?? null,
  }),
  endSession: async ({ headers, setCookie }, { db }) => {
    const secret = readSessionCookie(headers)
    if (secret !== undefined) await sessions.endSession(db, secret)
    setCookie(clearSessionCookie())
    return undefined
  },
  createSignInLink: ({ identity }, { db }) => sessions.createSignInLink(db, requireToken(identity)),
  ...signInHandlers,
}

/** A session ends after its hours: it must not make its own successor. */
function requireToken(identity: UserIdentity): UserIdentity {
  const { header, words } = CREDENTIAL_HEADERS.user
  if (identity.session) throw new RadixError('AUTH_MISSING', { credential: words, header })
  return identity
}

function answer(session: sessions.NewSession, setCookie: (cookie: string) => void, isSecure: boolean) {
  const { secret, expiresAt, tenantId, subject } = session
  setCookie(writeSessionCookie(secret, new Date(expiresAt), isSecure))
  return { tenant_id: tenantId, subject, expires_at: expiresAt }
}
