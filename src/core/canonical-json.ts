/** JSON in the one form that every copy of a value has: RFC 8785. Pure. */
import canonicalize from 'canonicalize'

/** Throws for what has no such form, such as half of a surrogate pair. */
export function canonicalJson(value: object): string {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('an object always has a canonical form')
  return text
}

/** For comparing: equal where the values are. What has no canonical form is compared as it is written. */
export function comparableJson(value: unknown): string {
  try {
    return canonicalize(value) ?? 'undefined'
  } catch {
    return JSON.stringify(value) ?? 'undefined'
  }
}
