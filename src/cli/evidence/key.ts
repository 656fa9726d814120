/** `radix evidence key` */
import { openSigningKey } from '../../evidence/signature/open-signing-key.ts'
import { type DataDirOption, resolveDataDir } from '../shared/options.ts'
import { print, printJson } from '../shared/output.ts'

export async function printKey(options: DataDirOption & { json?: boolean }): Promise<void> {
  const { publicKey } = await openSigningKey(resolveDataDir(options), process.env.RADIX_SIGNING_KEY)
  const { keyId, pem } = publicKey
  if (options.json) printJson({ key_id: keyId, public_key: pem })
  // PEM readers skip text before the key, so the output can be passed to `--key` unchanged.
  else print(`${keyId}\n${pem.trimEnd()}`)
}
