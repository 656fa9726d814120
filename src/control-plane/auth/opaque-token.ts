/** Opaque tokens: 32 random bytes with a prefix that secret scanners know. Only the SHA-256 is stored. */
import { createHash, randomBytes } from 'node:crypto'
import { TOKEN_PREFIXES } from '../../core/redact.ts'

export type OpaqueTokenKind = keyof typeof TOKEN_PREFIXES

export function newOpaqueToken(kind: OpaqueTokenKind): string {
  return TOKEN_PREFIXES[kind] + randomBytes(32).toString('base64url')
}

export function hashOpaqueToken(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
