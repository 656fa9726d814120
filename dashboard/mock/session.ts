/** Who is signed in: one cookie jar for everybody, that of this process. */
import type { Role } from '../../src/contract/roles.ts'
import { RadixError } from '../../src/errors/radix-error.ts'
import type { MockHandlers } from './mock-server.ts'

const EIGHT_HOURS_MS = 8 * 3_600_000

/** `endsAtMs`: when the session that is there from the start ends; `null` is never, the past is none at all. */
export function answerSession(endsAtMs: number | null, role: Role = 'admin'): MockHandlers {
  let endMs = endsAtMs ?? Number.POSITIVE_INFINITY
  const read = () => {
    if (endMs <= Date.now()) {
      throw new RadixError('AUTH_MISSING', { credential: 'a user token', header: 'authorization' })
    }
    const expires_at = Number.isFinite(endMs) ? new Date(endMs).toISOString() : null
    return { tenant_id: 'local', subject: 'ada', role, expires_at }
  }
  const begin = () => {
    endMs = Date.now() + EIGHT_HOURS_MS
  }
  return {
    getSession: read,
    endSession: () => {
      endMs = 0
    },
    listSignInWays: () => ({ providers: [{ id: 'acme', name: 'Acme Login' }], links: true }),
    /** Any code will do. */
    openSignInLink: () => {
      begin()
      return read()
    },
    /** The issuer never asks. */
    beginSignIn: ({ query }) => {
      begin()
      return query.next?.startsWith('/') ? query.next : '/clusters'
    },
  }
}

/** No user is signed in, and there is no way to sign in. */
export function answerSignedOut(): MockHandlers {
  return {
    ...answerSession(0),
    openSignInLink: () => {
      throw new RadixError('AUTH_LINK_INVALID')
    },
    beginSignIn: () => `/sign-in?${new URLSearchParams({ error: 'SIGN_IN_REFUSED' })}`,
  }
}
