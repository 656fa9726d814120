/**
 * The cookie of a browser that is signing in at an issuer: the browser that returns must be the one that began. It is
 * Lax, not Strict, because the browser returns from another site.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { readCookie } from '../session-cookie.ts'
import { SIGN_IN_SECONDS } from './sign-ins.ts'

const NAME = 'radix_sign_in'
const ATTRIBUTES = ['Path=/v1/sign-in', 'HttpOnly', 'SameSite=Lax']

/** `isSecure`: browsers reach this control plane by https. */
export function writeSignInCookie(secret: string, isSecure: boolean): string {
  const parts = [`${NAME}=${secret}`, ...ATTRIBUTES, `Max-Age=${SIGN_IN_SECONDS}`]
  return [...parts, ...(isSecure ? ['Secure'] : [])].join('; ')
}

export function clearSignInCookie(): string {
  return [`${NAME}=`, ...ATTRIBUTES, 'Max-Age=0'].join('; ')
}

export function readSignInCookie(headers: IncomingHttpHeaders): string | undefined {
  return readCookie(headers, NAME)
}
