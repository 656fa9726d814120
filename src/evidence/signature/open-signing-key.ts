/** The key that this machine signs with. Who may read it may sign as this machine; nothing else is its authority. */
import { join } from 'node:path'
import { openSecretFile } from '../../system/secret-file.ts'
import { generateSigningKeyPem, parseSigningKey, type SigningKey } from './keys.ts'

const VARIABLE = 'RADIX_SIGNING_KEY'

export interface SigningKeyPlace {
  dataDir: string
  env: Readonly<Record<string, string | undefined>>
}

/**
 * The key in `RADIX_SIGNING_KEY`, else that of the data directory, which is made (mode 0600) on first use. Throws
 * `SIGNING_KEY_INVALID`, and what `openSecretFile` throws.
 */
export async function openSigningKey({ dataDir, env }: SigningKeyPlace): Promise<SigningKey> {
  const given = env[VARIABLE]
  // Where a value must be one line, its line ends are written as \n; PEM has no backslash of its own.
  if (given) return parseSigningKey(given.replaceAll('\\n', '\n'), VARIABLE)
  const path = join(dataDir, 'signing-key.pem')
  return parseSigningKey(await openSecretFile(path, generateSigningKeyPem), path)
}
