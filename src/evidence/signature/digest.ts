/** What a signature speaks of: the document without the signature, in the one form that every copy of it has (RFC 8785). Pure. */
import { createHash } from 'node:crypto'
import { canonicalJson } from '../../core/canonical-json.ts'

/**
 * Sha256, in hex, of the canonical JSON of a document without its member `signature`: the order of members, white space
 * and how a number is written do not matter. Throws for what is no JSON, such as half of a surrogate pair.
 */
export function digestDocument(document: object): string {
  const { signature: _, ...signed }: Record<string, unknown> = { ...document }
  return createHash('sha256').update(canonicalJson(signed)).digest('hex')
}
