/** Keys for tests, the same ones every time: nothing real is signed with them. */
import { createPrivateKey } from 'node:crypto'
import { parseSigningKey, type SigningKey } from '../signature/keys.ts'
import type { Signer } from '../signature/sign.ts'

/** What stands before the secret of an Ed25519 key in PKCS #8. */
const PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

export function testSigningKeyPem(number = 1): string {
  const der = Buffer.concat([PREFIX, Buffer.alloc(32, number)])
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ type: 'pkcs8', format: 'pem' })
    .toString()
}

export function testSigningKey(number = 1): SigningKey {
  return parseSigningKey(testSigningKeyPem(number), 'a test')
}

export function testSigner(number = 1): Signer {
  return { key: testSigningKey(number), now: () => new Date('2026-03-02T09:08:00.000Z') }
}
