/**
 * The issuer of the embedded mode: a key pair in the data directory. Who may read that file may sign user tokens; the
 * file's permission is the authority, and nothing else is.
 */

import { randomUUID } from 'node:crypto'
import { chmod, link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
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
import { RadixError } from '../../errors/radix-error.ts'
import { fileError } from '../../system/file-errors.ts'

export const LOCAL_ISSUER = 'radix-local'
export const LOCAL_AUDIENCE = 'radix'
export const LOCAL_TENANT_CLAIM = 'tenant_id'
const ALGORITHM = 'ES256'

export interface LocalIssuer {
  jwks: JSONWebKeySet
  mintToken(claims: { subject: string; tenantId: string; ttlSeconds: number }): Promise<string>
}

/**
 * Opens the issuer of a data directory, making its key (mode 0600) on first use; of two that race, both end with one key.
 * Throws `DATA_DIRECTORY_UNUSABLE` for a key that cannot be read, or that others can read, too.
 */
export async function openLocalIssuer(dataDir: string): Promise<LocalIssuer> {
  const path = join(dataDir, 'issuer-key.pem')
  const pem = (await readKey(path)) ?? (await createKey(path))
  const privateKey = await importKey(path, pem)
  const { kty, crv, x, y } = await exportJWK(privateKey)
  const publicJwk = { kty, crv, x, y } as { kty: string; crv: string; x: string; y: string }
  const kid = await calculateJwkThumbprint(publicJwk)
  return {
    jwks: { keys: [{ ...publicJwk, kid, alg: ALGORITHM, use: 'sig' }] },
    mintToken: ({ subject, tenantId, ttlSeconds }) =>
      new SignJWT({ [LOCAL_TENANT_CLAIM]: tenantId })
        .setProtectedHeader({ alg: ALGORITHM, kid })
        .setIssuer(LOCAL_ISSUER)
        .setAudience(LOCAL_AUDIENCE)
        .setSubject(subject)
        .setIssuedAt()
        .setExpirationTime(`${ttlSeconds}s`)
        .sign(privateKey),
  }
}

async function readKey(path: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(path)
    const permissions = mode & 0o777
    // Windows has no such modes.
    if (permissions & 0o077 && process.platform !== 'win32') {
      const shown = permissions.toString(8).padStart(4, '0')
      throw unusable(path, `its mode is ${shown}: others could sign tokens with it (chmod 600 ${path})`)
    }
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof RadixError) throw error
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw unusable(path, error instanceof Error ? error.message : String(error), error)
  }
}

async function createKey(path: string): Promise<string> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true })
  const draft = `${path}.${randomUUID()}.draft`
  try {
    await mkdir(join(path, '..'), { recursive: true })
    await writeFile(draft, await exportPKCS8(privateKey), { mode: 0o600, flush: true })
    await chmod(draft, 0o600)
    // A link never replaces a key that another process made in between.
    await link(draft, path).catch((error) => {
      if (error.code !== 'EEXIST') throw error
    })
    return await readFile(path, 'utf8')
  } catch (error) {
    throw fileError(path, error)
  } finally {
    await rm(draft, { force: true }).catch(() => {})
  }
}

async function importKey(path: string, pem: string): Promise<CryptoKey> {
  try {
    return await importPKCS8(pem, ALGORITHM, { extractable: true })
  } catch (error) {
    throw unusable(path, 'it holds no ES256 private key in PKCS #8', error)
  }
}

function unusable(path: string, reason: string, cause?: unknown): RadixError {
  return new RadixError('DATA_DIRECTORY_UNUSABLE', { directory: path, reason }, { cause })
}
