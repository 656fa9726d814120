/** Sign-in at an issuer: the redirect and the return. Every error ends on the page that shows it. */

import { ROUTES } from '../../../contract/routes.ts'
import { toLocalPath } from '../../../core/local-path.ts'
import { redact } from '../../../core/redact.ts'
import { isRadixError, RadixError } from '../../../errors/radix-error.ts'
import type { App } from '../../app.ts'
import { type AuditEntry, type Origin, writeAudit } from '../../audit/audit-log.ts'
import type { Handlers } from '../../handler.ts'
import type { VerifiedUser } from '../identity.ts'
import { writeSessionCookie } from '../session-cookie.ts'
import { createSession } from '../sessions.ts'
import { clearSignInCookie, readSignInCookie, writeSignInCookie } from './cookie.ts'
import { signInPage } from './page.ts'
import type { SignInProvider } from './provider.ts'
import { rememberSignIn, takeSignIn } from './sign-ins.ts'

const FIRST_PAGE = '/clusters'

export const signInHandlers: Pick<Handlers, 'listSignInWays' | 'beginSignIn' | 'finishSignIn'> = {
  // A user with a token can print a link, whatever other sign-in is configured.
  listSignInWays: async (_, { signIn }) => ({
    providers: signIn?.providers.map(({ id, name }) => ({ id, name })) ?? [],
    links: true,
  }),

  beginSignIn: async ({ params, query, setCookie }, app) => {
    const next = toLocalPath(query.next)
    try {
      const { provider } = findProvider(app, params.provider)
      const { location, checks } = await provider.begin()
      const browser = await rememberSignIn(app.db, { provider: provider.id, nextPath: next, ...checks })
      setCookie(writeSignInCookie(browser, app.browsersUseHttps))
      return location
    } catch (error) {
      return tellOnPage(app, { error, next, provider: params.provider })
    }
  },

  finishSignIn: async ({ query, headers, setCookie, origin }, app) => {
    let next: string | undefined
    let provider: string | undefined
    try {
      const begun = await takeSignIn(app.db, query.state, readSignInCookie(headers))
      next = begun.nextPath
      provider = begun.provider
      setCookie(clearSignInCookie())
      if (!begun.isInTime) throw new RadixError('SIGN_IN_NOT_UNDER_WAY')
      const found = findProvider(app, begun.provider)
      const person = await found.verifyUserToken(await found.provider.finish(query, begun))
      const { secret, expiresAt } = await app.db.transaction().execute(async (trx) => {
        await writeAudit(trx, describeSignIn(person, origin, begun.provider))
        return createSession(trx, person)
      })
      setCookie(writeSessionCookie(secret, new Date(expiresAt), app.browsersUseHttps))
      return next ?? FIRST_PAGE
    } catch (error) {
      return tellOnPage(app, { error, next, provider })
    }
  },
}

function describeSignIn({ tenantId, subject, principal }: VerifiedUser, origin: Origin, provider: string): AuditEntry {
  const { action } = ROUTES.finishSignIn.audit
  const who = { tenantId, actor: subject, actor_kind: 'session' as const, principal, role: null }
  return { ...who, ...origin, action, target: null, details: { provider } }
}

function findProvider({ signIn }: App, id: string): NonNullable<App['signIn']> & { provider: SignInProvider } {
  const provider = signIn?.providers.find((each) => each.id === id)
  if (!signIn || !provider) throw new RadixError('SIGN_IN_PROVIDER_UNKNOWN')
  return { ...signIn, provider }
}

interface Failure {
  error: unknown
  next: string | undefined
  provider: string | undefined
}

/**
 * The page shows only public details; the log has the cause. Bugs are logged too, and also redirect the browser to the
 * page.
 */
function tellOnPage({ logger }: App, { error, next, provider }: Failure): string {
  if (!isRadixError(error)) throw error
  const { code, why, cause } = error
  const reason = redact(cause instanceof Error ? cause.message : why)
  logger.warn({ code, provider, reason }, 'a sign-in failed')
  return signInPage({ error: code, next })
}
