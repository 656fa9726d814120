/**
 * Encryption and authentication end to end: the transport sees neither tokens nor results, and can change nothing. One key
 * for each run; each direction is sealed under its own label, so that neither can be taken for the other.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

export type SealLabel = 'to-control-plane' | 'to-agent' | 'access'

const ALGORITHM = 'aes-256-gcm'
const VERSION = 1
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const OVERHEAD_BYTES = 1 + NONCE_BYTES + TAG_BYTES

export type RelayKey = Buffer & { readonly __brand: 'RelayKey' }

export function newRelayKey(): RelayKey {
  return randomBytes(KEY_BYTES) as RelayKey
}

/** From base64url. Undefined if it is not a key. */
export function readRelayKey(text: string): RelayKey | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.length === KEY_BYTES ? (bytes as RelayKey) : undefined
}

/** Version, nonce, tag, cipher text. */
export function seal(key: RelayKey, label: SealLabel, text: string): Uint8Array<ArrayBuffer> {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.from(label))
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), sealed])
}

/** Undefined if it was not sealed with this key and label, or was changed since. */
export function unseal(key: RelayKey, label: SealLabel, content: Uint8Array): string | undefined {
  if (content.length < OVERHEAD_BYTES || content[0] !== VERSION) return undefined
  const nonce = content.subarray(1, 1 + NONCE_BYTES)
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(label))
  decipher.setAuthTag(content.subarray(1 + NONCE_BYTES, OVERHEAD_BYTES))
  try {
    return Buffer.concat([decipher.update(content.subarray(OVERHEAD_BYTES)), decipher.final()]).toString('utf8')
  } catch {
    return undefined
  }
}
