/** What a signature speaks of: the document without the signature, in the one form that every copy of it has (RFC 8785). Pure. */
import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'

/**
 * Sha256, in hex, of the canonical JSON of a document without its member `signature`: the order of members, white space
 * and how a number is written do not matter. Throws for what is no JSON, such as half of a surrogate pair.
 */
export function digestDocument(document: object): string {
  const { signature: _, ...signed }: Record<string, unknown> = { ...document }
  const text = canonicalize(signed)
  if (text === undefined) throw new TypeError('an object always has a canonical form')
  return createHash('sha256').update(text).digest('hex')
}
