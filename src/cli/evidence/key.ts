/** `radix evidence key` */
import { openSigningKey } from '../../evidence/signature/open-signing-key.ts'
import { type DataDirOption, resolveDataDir } from '../shared/options.ts'
import { print, printJson } from '../shared/output.ts'

export async function printKey(options: DataDirOption & { json?: boolean }): Promise<void> {
  const { publicKey } = await openSigningKey(resolveDataDir(options), process.env.RADIX_SIGNING_KEY)
  const { keyId, pem } = publicKey
  if (options.json) printJson({ key_id: keyId, public_key: pem })
  // Readers of PEM pass over what stands before it: the output is a file for `--key` as it is.
  else print(`${keyId}\n${pem.trimEnd()}`)
}
