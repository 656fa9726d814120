/**
 * Sessions of signed-in browsers. The session is a cookie that no script can read. It is issued for a user token, or
 * for the short-lived, one-time code of a link.
 */

import { sql } from 'kysely'
import { systemClock } from '../../core/clock.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { App } from '../app.ts'
import type { Connection, Database } from '../store/database.ts'
import { toIso } from '../store/wire.ts'
import type { UserIdentity } from './identity.ts'
import { hashOpaqueToken, newOpaqueToken } from './opaque-token.ts'

const SESSION_SECONDS = CONTROL_PLANE_LIMITS.session.value / 1000
const LINK_SECONDS = CONTROL_PLANE_LIMITS.signInLink.value / 1000

export type Person = Pick<UserIdentity, 'tenantId' | 'subject'>

export interface NewSession extends Person {
  secret: string
  expiresAt: string
}

export async function createSession(connection: Connection, person: Person): Promise<NewSession> {
  const secret = newOpaqueToken('session')
  const { expires_at } = await connection
    .insertInto('sessions')
    .values({
      session_hash: hashOpaqueToken(secret),
      tenant_id: person.tenantId,
      subject: person.subject,
      expires_at: sql<Date>`now() + make_interval(secs => ${SESSION_SECONDS})`,
    })
    .returning('expires_at')
    .executeTakeFirstOrThrow()
  return { tenantId: person.tenantId, subject: person.subject, secret, expiresAt: toIso(expires_at) }
}

/** Whose session this is. Throws `AUTH_SESSION_ENDED`. */
export async function findSession(db: Database, secret: string): Promise<UserIdentity> {
  const hash = hashOpaqueToken(secret)
  const found = await findOpenSession(db, hash)
  if (!found) throw new RadixError('AUTH_SESSION_ENDED')
  const session = { expiresAt: toIso(found.expires_at), hash }
  return { kind: 'user', tenantId: found.tenant_id, subject: found.subject, runId: null, session }
}

async function findOpenSession(db: Database, hash: Buffer) {
  return db
    .selectFrom('sessions')
    .select(['tenant_id', 'subject', 'expires_at'])
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
export async function createSignInLink(db: Database, { tenantId, subject }: Person) {
  const code = newOpaqueToken('link')
  const { expires_at } = await db
    .insertInto('sign_in_links')
    .values({
      code_hash: hashOpaqueToken(code),
      tenant_id: tenantId,
      subject,
      expires_at: sql<Date>`now() + make_interval(secs => ${LINK_SECONDS})`,
    })
    .returning('expires_at')
    .executeTakeFirstOrThrow()
  return { code, expires_at: toIso(expires_at) }
}

/** One atomic update uses the code up; of two browsers one wins. Throws `AUTH_LINK_INVALID`. */
export async function openSignInLink(db: Database, code: string): Promise<NewSession> {
  return db.transaction().execute(async (trx) => {
    const used = await trx
      .updateTable('sign_in_links')
      .set({ used_at: sql`now()` })
      .where('code_hash', '=', hashOpaqueToken(code))
      .where('used_at', 'is', null)
      .where('expires_at', '>', sql<Date>`now()`)
      .returning(['tenant_id', 'subject'])
      .executeTakeFirst()
    if (!used) throw new RadixError('AUTH_LINK_INVALID')
    return createSession(trx, { tenantId: used.tenant_id, subject: used.subject })
  })
}
