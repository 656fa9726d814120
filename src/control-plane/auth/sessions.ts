/**
 * Sessions of signed-in browsers. The session is a cookie that no script can read. It is issued for a user token, or
 * for the short-lived, one-time code of a link.
 */

import { sql } from 'kysely'
import type { Role } from '../../contract/roles.ts'
import { systemClock } from '../../core/clock.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { App } from '../app.ts'
import type { Connection, Database } from '../store/database.ts'
import { inTransaction } from '../store/statements.ts'
import { toIso } from '../store/wire.ts'
import type { UserIdentity, VerifiedUser } from './identity.ts'
import { hashOpaqueToken, newOpaqueToken } from './opaque-token.ts'

const SESSION_SECONDS = CONTROL_PLANE_LIMITS.session.value / 1000
const LINK_SECONDS = CONTROL_PLANE_LIMITS.signInLink.value / 1000

export interface NewSession {
  user: VerifiedUser
  secret: string
  expiresAt: string
}

export async function createSession(connection: Connection, user: VerifiedUser): Promise<NewSession> {
  const secret = newOpaqueToken('session')
  const { expires_at } = await connection
    .insertInto('sessions')
    .values({
      session_hash: hashOpaqueToken(secret),
      ...toColumns(user),
      expires_at: sql<Date>`now() + make_interval(secs => ${SESSION_SECONDS})`,
    })
    .returning('expires_at')
    .executeTakeFirstOrThrow()
  return { user, secret, expiresAt: toIso(expires_at) }
}

const USER_COLUMNS = ['tenant_id', 'subject', 'principal', 'max_role'] as const

interface UserColumns {
  tenant_id: string
  subject: string
  principal: string | null
  max_role: Role
}

function toColumns({ tenantId, subject, principal, maxRole }: VerifiedUser): UserColumns {
  return { tenant_id: tenantId, subject, principal, max_role: maxRole }
}

function toUser({ tenant_id, subject, principal, max_role }: UserColumns): VerifiedUser {
  return { tenantId: tenant_id, subject, principal, maxRole: max_role }
}

/** Whose session this is. Throws `AUTH_SESSION_ENDED`. */
export async function findSession(
  db: Database,
  secret: string,
): Promise<NonNullable<UserIdentity['session']> & { user: VerifiedUser }> {
  const hash = hashOpaqueToken(secret)
  const found = await findOpenSession(db, hash)
  if (!found) throw new RadixError('AUTH_SESSION_ENDED')
  return { user: toUser(found), expiresAt: toIso(found.expires_at), hash }
}

async function findOpenSession(db: Database, hash: Buffer) {
  return db
    .selectFrom('sessions')
    .select([...USER_COLUMNS, 'expires_at'])
    .where('session_hash', '=', hash)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', sql<Date>`now()`)
    .executeTakeFirst()
}

/** Aborts when the caller hangs up, and when the browser's session by which they came is over: a stream must not outlive it. */
export function followSession(app: App, { session }: UserIdentity, hungUp: AbortSignal): AbortSignal {
  if (!session) return hungUp
  const over = new AbortController()
  waitForEnd(app, session, hungUp)
    .catch((error: unknown) => app.logger.warn({ err: error }, 'it is not known whether a session has ended'))
    .finally(() => over.abort())
  return AbortSignal.any([hungUp, over.signal])
}

async function waitForEnd({ db, settings }: App, session: { expiresAt: string; hash: Buffer }, hungUp: AbortSignal) {
  while (!hungUp.aborted) {
    const leftMs = Date.parse(session.expiresAt) - systemClock.now().getTime()
    if (leftMs <= 0 || !(await findOpenSession(db, session.hash))) return
    await systemClock.sleep(Math.min(leftMs, settings.streamKeepAliveMs), hungUp).catch(() => {})
  }
}

export async function endSession(db: Database, secret: string): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ revoked_at: sql`now()` })
    .where('session_hash', '=', hashOpaqueToken(secret))
    .execute()
}

/** For users who may sign in anyway: opens a browser's session without typing a token. */
export async function createSignInLink(db: Database, user: VerifiedUser) {
  const code = newOpaqueToken('link')
  const { expires_at } = await db
    .insertInto('sign_in_links')
    .values({
      code_hash: hashOpaqueToken(code),
      ...toColumns(user),
      expires_at: sql<Date>`now() + make_interval(secs => ${LINK_SECONDS})`,
    })
    .returning('expires_at')
    .executeTakeFirstOrThrow()
  return { code, expires_at: toIso(expires_at) }
}

/** One atomic update uses the code up; of two browsers one wins. Throws `AUTH_LINK_INVALID`. */
export async function openSignInLink(db: Database, code: string): Promise<NewSession> {
  return inTransaction(db, async (trx) => {
    const used = await trx
      .updateTable('sign_in_links')
      .set({ used_at: sql`now()` })
      .where('code_hash', '=', hashOpaqueToken(code))
      .where('used_at', 'is', null)
      .where('expires_at', '>', sql<Date>`now()`)
      .returning(USER_COLUMNS)
      .executeTakeFirst()
    if (!used) throw new RadixError('AUTH_LINK_INVALID')
    return createSession(trx, toUser(used))
  })
}
