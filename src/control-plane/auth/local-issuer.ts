/**
 * The issuer of the embedded mode: a key pair in the data directory. Any user who can read that file can sign user
 * tokens. The file's permission is the only authority.
 */
import { join } from 'node:path'
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  exportPKCS8,
  generateKeyPair,
  importPKCS8,
  type JSONWebKeySet,
  SignJWT,
} from 'jose'
import type { Role } from '../../contract/roles.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { openSecretFile } from '../../system/secret-file.ts'

export const LOCAL_ISSUER = 'radix-local'
export const LOCAL_AUDIENCE = 'radix'
export const LOCAL_TENANT_CLAIM = 'tenant_id'
/** The highest role that a token allows; absent: admin. */
export const LOCAL_ROLE_CLAIM = 'radix_role'
const ALGORITHM = 'ES256'

export interface LocalIssuer {
  jwks: JSONWebKeySet
  mintToken(claims: { subject: string; tenantId: string; ttlSeconds: number; role?: Role | undefined }): Promise<string>
}

/**
 * Opens the issuer of a data directory, and creates its key (mode 0600) on first use; two racing processes end with one
 * key. Throws `DATA_DIRECTORY_UNUSABLE` for a key that cannot be read, or that other users can read.
 */
export async function openLocalIssuer(dataDir: string): Promise<LocalIssuer> {
  const path = join(dataDir, 'issuer-key.pem')
  const privateKey = await importKey(path, await openSecretFile(path, createKey))
  const { kty, crv, x, y } = await exportJWK(privateKey)
  const publicJwk = { kty, crv, x, y } as { kty: string; crv: string; x: string; y: string }
  const kid = await calculateJwkThumbprint(publicJwk)
  return {
    jwks: { keys: [{ ...publicJwk, kid, alg: ALGORITHM, use: 'sig' }] },
    mintToken: ({ subject, tenantId, ttlSeconds, role }) =>
      new SignJWT({ [LOCAL_TENANT_CLAIM]: tenantId, ...(role === undefined ? {} : { [LOCAL_ROLE_CLAIM]: role }) })
        .setProtectedHeader({ alg: ALGORITHM, kid })
        .setIssuer(LOCAL_ISSUER)
        .setAudience(LOCAL_AUDIENCE)
        .setSubject(subject)
        .setIssuedAt()
        .setExpirationTime(`${ttlSeconds}s`)
        .sign(privateKey),
  }
}

export function isLocalPrincipal(principal: string | null): boolean {
  return principal?.startsWith(`${LOCAL_ISSUER}#`) ?? false
}

async function createKey(): Promise<string> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true })
  return exportPKCS8(privateKey)
}

async function importKey(path: string, pem: string): Promise<CryptoKey> {
  try {
    return await importPKCS8(pem, ALGORITHM, { extractable: true })
  } catch (error) {
    const reason = 'it contains no ES256 private key in PKCS #8'
    throw new RadixError('DATA_DIRECTORY_UNUSABLE', { directory: path, reason }, { cause: error })
  }
}
