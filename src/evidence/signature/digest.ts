/**
 * What a signature covers: the document without the signature, in the canonical form that every copy has (RFC 8785).
 * Pure.
 */
import { createHash } from 'node:crypto'
import { canonicalJson } from '../../core/canonical-json.ts'

/**
 * SHA-256, in hex, of the canonical JSON of a document without its member `signature`: the order of members, white
 * space and the notation of numbers do not matter. Throws for anything that is not JSON, such as half of a surrogate
 * pair.
 */
export function digestDocument(document: object): string {
  const { signature: _, ...signed }: Record<string, unknown> = { ...document }
  return createHash('sha256').update(canonicalJson(signed)).digest('hex')
}
