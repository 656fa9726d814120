/** The cookie of a browser's session. */
import type { IncomingHttpHeaders } from 'node:http'

const NAME = 'radix_session'

/** `isSecure`: browsers reach this control plane by https. */
export function writeSessionCookie(secret: string, expiresAt: Date, isSecure: boolean): string {
  const parts = [`${NAME}=${secret}`, 'Path=/', 'HttpOnly', 'SameSite=Strict', `Expires=${expiresAt.toUTCString()}`]
  return [...parts, ...(isSecure ? ['Secure'] : [])].join('; ')
}

export function clearSessionCookie(): string {
  return `${NAME}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`
}

export function readSessionCookie(headers: IncomingHttpHeaders): string | undefined {
  return readCookie(headers, NAME)
}

export function readCookie({ cookie = '' }: IncomingHttpHeaders, wanted: string): string | undefined {
  for (const pair of cookie.split(';')) {
    const [name, value] = pair.trim().split('=', 2)
    if (name === wanted && value) return value
  }
  return undefined
}
