/** Signing in: jobs of GitHub, and browsers. */
import { RadixError } from '../../errors/radix-error.ts'
import { clearSessionCookie, readSessionCookie, writeSessionCookie } from '../auth/session-cookie.ts'
import { createRunToken } from '../services/run-tokens.ts'
import * as sessions from '../services/sessions.ts'
import type { HandlersOf } from './handler.ts'

export const authHandlers: HandlersOf<'auth'> = {
  exchangeGithubToken: async ({ body }, { db, verifyGithubToken }) => {
    if (!verifyGithubToken) throw new RadixError('AUTH_GITHUB_NOT_CONFIGURED')
    return createRunToken(db, await verifyGithubToken(body.token), body.key)
  },
  getSignInOptions: async (_, { signIn }) => ({ link: signIn.link, oidc: signIn.oidc }),
  createSession: async ({ identity, setCookie }, { db, signIn }) =>
    answer(await sessions.createSession(db, identity), setCookie, signIn.isSecure),
  openSignInLink: async ({ body, setCookie }, { db, signIn }) =>
    answer(await sessions.openSignInLink(db, body.code), setCookie, signIn.isSecure),
  getSession: async ({ identity }) => ({ tenant_id: identity.tenantId, subject: identity.subject, expires_at: null }),
  endSession: async ({ headers, setCookie }, { db }) => {
    const secret = readSessionCookie(headers)
    if (secret !== undefined) await sessions.endSession(db, secret)
    setCookie(clearSessionCookie())
    return undefined
  },
  createSignInLink: ({ identity }, { db }) => sessions.createSignInLink(db, identity),
}

function answer(session: sessions.NewSession, setCookie: (cookie: string) => void, isSecure: boolean) {
  const { secret, expiresAt, tenantId, subject } = session
  setCookie(writeSessionCookie(secret, new Date(expiresAt), isSecure))
  return { tenant_id: tenantId, subject, expires_at: expiresAt }
}
