/** Sign-in routes for GitHub jobs and browsers. */
import { lowerRole, type Role } from '../../contract/roles.ts'
import { CREDENTIAL_HEADERS } from '../../contract/route.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { App } from '../app.ts'
import type { HandlersOf } from '../handler.ts'
import type { UserIdentity, VerifiedUser } from './identity.ts'
import { resolveRole } from './roles.ts'
import { createRunToken } from './run-tokens.ts'
import { clearSessionCookie, readSessionCookie, writeSessionCookie } from './session-cookie.ts'
import * as sessions from './sessions.ts'
import { signInHandlers } from './sign-in/routes.ts'

export const authHandlers: HandlersOf<'auth'> = {
  exchangeGithubToken: async ({ body, origin }, { db, verifyGithubToken }) => {
    if (!verifyGithubToken) throw new RadixError('AUTH_GITHUB_NOT_CONFIGURED')
    return createRunToken(db, await verifyGithubToken(body.token), body.key, origin)
  },
  createSession: async ({ identity, setCookie }, app) =>
    answer(app, await sessions.createSession(app.db, requireToken(identity)), setCookie),
  openSignInLink: async ({ body, setCookie }, app) =>
    answer(app, await sessions.openSignInLink(app.db, body.code), setCookie),
  getSession: async ({ identity: { tenantId, subject, role, session } }) => ({
    tenant_id: tenantId,
    subject,
    role,
    expires_at: session?.expiresAt ?? null,
  }),
  endSession: async ({ headers, setCookie }, { db }) => {
    const secret = readSessionCookie(headers)
    if (secret !== undefined) await sessions.endSession(db, secret)
    setCookie(clearSessionCookie())
    return undefined
  },
  createSignInLink: ({ identity, body }, { db }) => sessions.createSignInLink(db, requireToken(identity, body?.role)),
  ...signInHandlers,
}

/** A session ends after its hours: it must not make its own successor. */
function requireToken(identity: UserIdentity, highest: Role = 'admin'): VerifiedUser {
  const { header, words } = CREDENTIAL_HEADERS.user
  if (identity.session) throw new RadixError('AUTH_MISSING', { credential: words, header })
  const { tenantId, subject, principal, maxRole } = identity
  return { tenantId, subject, principal, maxRole: lowerRole(maxRole, highest) }
}

async function answer(app: App, session: sessions.NewSession, setCookie: (cookie: string) => void) {
  const { secret, expiresAt, user } = session
  setCookie(writeSessionCookie(secret, new Date(expiresAt), app.browsersUseHttps))
  const role = await resolveRole(app.db, user, app.settings)
  return { tenant_id: user.tenantId, subject: user.subject, role, expires_at: expiresAt }
}
