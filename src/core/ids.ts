/** Identifiers: a short prefix that says what a thing is, and 26 characters of Crockford base 32. */
import { createHash, randomBytes } from 'node:crypto'

export type IdPrefix = 'cl' | 'job' | 'run' | 'key' | 'obs' | 'tok' | 'evt' | 'm' | 'mem' | 'aud' | 'wh' | 'msg'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const ENCODED_LENGTH = 26

/** A new id that sorts by creation time: 48 bits of milliseconds, then 80 random bits (as in ULID). */
export function newId(prefix: IdPrefix, nowMs: number = Date.now()): string {
  const bytes = Buffer.alloc(16)
  bytes.writeUIntBE(nowMs, 0, 6)
  randomBytes(10).copy(bytes, 6)
  return `${prefix}_${encode(bytes)}`
}

/** The same id for the same parts, so that a later process finds it without being told (a GitHub run's attempt, for one). */
export function deriveId(prefix: IdPrefix, parts: readonly string[]): string {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest().subarray(0, 16)
  return `${prefix}_${encode(digest)}`
}

export function isId(prefix: IdPrefix, value: string): boolean {
  return new RegExp(`^${prefix}_[${ALPHABET}]{${ENCODED_LENGTH}}$`).test(value)
}

function encode(bytes: Buffer): string {
  let value = BigInt(`0x${bytes.toString('hex')}`)
  let text = ''
  for (let i = 0; i < ENCODED_LENGTH; i++) {
    text = ALPHABET[Number(value & 31n)] + text
    value >>= 5n
  }
  return text
}
