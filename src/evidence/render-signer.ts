/** The report's line that names the key. `radix evidence verify` checks the signature. Pure. */
import type { Evidence } from '../contract/schemas/evidence.ts'
import { code } from './markdown.ts'

export function renderSigner({ signature }: Evidence): string {
  if (!signature) return 'Not signed.'
  return `Signed by the key ${code(signature.envelope.signatures[0].keyid)}; ${code('radix evidence verify')} checks it.`
}
