/** The key that this machine signs with. Who may read it may sign as this machine; nothing else is its authority. */
import { join } from 'node:path'
import { openSecretFile } from '../../system/secret-file.ts'
import { generateSigningKeyPem, parseSigningKey, type SigningKey } from './keys.ts'

/**
 * The key whose text `RADIX_SIGNING_KEY` holds, which is passed in, else that of the data directory, which is made (mode
 * 0600) on first use. Throws `SIGNING_KEY_INVALID`, and what `openSecretFile` throws.
 */
export async function openSigningKey(dataDir: string, given: string | undefined): Promise<SigningKey> {
  // Where a value must be one line, its line ends are written as \n; PEM has no backslash of its own.
  if (given) return parseSigningKey(given.replaceAll('\\n', '\n'), 'RADIX_SIGNING_KEY')
  const path = join(dataDir, 'signing-key.pem')
  return parseSigningKey(await openSecretFile(path, generateSigningKeyPem), path)
}
