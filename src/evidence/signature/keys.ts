/** Ed25519 keys as PEM, and their ids. Pure. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { RadixError } from '../../errors/radix-error.ts'

const KEY_TYPE = 'ed25519'

export interface PublicKey {
  /** `SHA256:` and the base64 of the sha256 of its SPKI form. */
  keyId: string
  /** PEM (SPKI). */
  pem: string
  key: KeyObject
}

/** The private half stays inside this object. */
export interface SigningKey {
  publicKey: PublicKey
  sign(bytes: Buffer): Buffer
}

/** `source`: the origin of the text, for the error. Throws `SIGNING_KEY_INVALID`, without the text. */
export function parseSigningKey(pem: string, source: string): SigningKey {
  let key: KeyObject
  try {
    key = createPrivateKey({ key: pem, format: 'pem' })
  } catch {
    // The cause could reveal parts of the text.
    throw new RadixError('SIGNING_KEY_INVALID', {
      source,
      reason: 'it contains no private key in PEM that can be read',
    })
  }
  if (key.asymmetricKeyType !== KEY_TYPE) {
    const reason = `it contains a key of type ${key.asymmetricKeyType}, but evidence is signed with ${KEY_TYPE}`
    throw new RadixError('SIGNING_KEY_INVALID', { source, reason })
  }
  return { publicKey: describePublicKey(createPublicKey(key)), sign: (bytes) => sign(null, bytes, key) }
}

/** The PEM (PKCS #8) of a new signing key. */
export function generateSigningKeyPem(): string {
  const { privateKey } = generateKeyPairSync(KEY_TYPE)
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** Undefined for anything but the PEM of a public Ed25519 key. Text before and after the PEM is ignored. */
export function parsePublicKey(text: string): PublicKey | undefined {
  // Without this check, a private key would be accepted as its public half.
  const pem = /-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/.exec(text)?.[0]
  if (pem === undefined) return undefined
  try {
    const key = createPublicKey({ key: pem, format: 'pem' })
    return key.asymmetricKeyType === KEY_TYPE ? describePublicKey(key) : undefined
  } catch {
    return undefined
  }
}

function describePublicKey(key: KeyObject): PublicKey {
  const digest = createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64')
  return {
    // Without padding, as `ssh-keygen -l` shows it.
    keyId: `SHA256:${digest.replace(/={1,2}$/, '')}`,
    pem: key.export({ type: 'spki', format: 'pem' }).toString(),
    key,
  }
}
