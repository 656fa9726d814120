/** The key that this machine signs with. Every process that can read it can sign as this machine. */
import { join } from 'node:path'
import { openSecretFile } from '../../system/secret-file.ts'
import { generateSigningKeyPem, parseSigningKey, type SigningKey } from './keys.ts'

/**
 * The key in the text of `RADIX_SIGNING_KEY`, which is passed in; else that of the data directory, which is created
 * (mode 0600) on first use. Throws `SIGNING_KEY_INVALID`, and the errors of `openSecretFile`.
 */
export async function openSigningKey(dataDir: string, given: string | undefined): Promise<SigningKey> {
  // If a value must be one line, its line ends are written as \n. PEM itself has no backslash.
  if (given) return parseSigningKey(given.replaceAll('\\n', '\n'), 'RADIX_SIGNING_KEY')
  const path = join(dataDir, 'signing-key.pem')
  return parseSigningKey(await openSecretFile(path, generateSigningKeyPem), path)
}
