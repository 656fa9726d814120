/** Pending sign-ins at an issuer, between the two requests of a browser. Each is short-lived and can be used once. */

import { sql } from 'kysely'
import { CONTROL_PLANE_LIMITS } from '../../../core/limits/control-plane.ts'
import { RadixError } from '../../../errors/radix-error.ts'
import type { Database } from '../../store/database.ts'
import { hashOpaqueToken, newOpaqueToken } from '../opaque-token.ts'
import type { SignInChecks } from './provider.ts'

export const SIGN_IN_SECONDS = CONTROL_PLANE_LIMITS.signIn.value / 1000

export interface NewSignIn extends SignInChecks {
  provider: string
  nextPath: string | undefined
}

export interface SignIn extends Omit<NewSignIn, 'state'> {
  /** False if it took too long. */
  isInTime: boolean
}

/** Answers with the secret of the browser that begins it. */
export async function rememberSignIn(db: Database, signIn: NewSignIn): Promise<string> {
  const browser = newOpaqueToken('signIn')
  await db
    .insertInto('sign_ins')
    .values({
      state_hash: hashOpaqueToken(signIn.state),
      browser_hash: hashOpaqueToken(browser),
      provider: signIn.provider,
      nonce: signIn.nonce,
      code_verifier: signIn.codeVerifier,
      next_path: signIn.nextPath ?? null,
      expires_at: sql<Date>`now() + make_interval(secs => ${SIGN_IN_SECONDS})`,
    })
    .execute()
  return browser
}

/** One statement takes it away: a second answer finds nothing, and neither does another browser. Throws `SIGN_IN_NOT_UNDER_WAY`. */
export async function takeSignIn(db: Database, state: string, browser: string | undefined): Promise<SignIn> {
  if (browser === undefined) throw new RadixError('SIGN_IN_NOT_UNDER_WAY')
  const taken = await db
    .deleteFrom('sign_ins')
    .where('state_hash', '=', hashOpaqueToken(state))
    .where('browser_hash', '=', hashOpaqueToken(browser))
    .returning(['provider', 'nonce', 'code_verifier', 'next_path', sql<boolean>`expires_at > now()`.as('is_in_time')])
    .executeTakeFirst()
  if (!taken) throw new RadixError('SIGN_IN_NOT_UNDER_WAY')
  return {
    provider: taken.provider,
    nonce: taken.nonce,
    codeVerifier: taken.code_verifier,
    nextPath: taken.next_path ?? undefined,
    isInTime: taken.is_in_time,
  }
}
