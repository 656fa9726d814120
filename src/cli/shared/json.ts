/** JSON that means the same to every reader: of a member that stands twice, some take the first and some the last (RFC 7493). */

export class DuplicateMemberError extends Error {
  override readonly name = 'DuplicateMemberError'
}

/** Throws `SyntaxError`, or `DuplicateMemberError` where a member stands twice in one object. */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  const written = [...text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)].filter(([, colon]) => colon !== undefined).length
  if (written !== countMembers(value)) throw new DuplicateMemberError('a member stands in it twice.')
  return value
}

function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const own = Array.isArray(value) ? 0 : Object.keys(value).length
  return Object.values(value).reduce((count: number, item) => count + countMembers(item), own)
}
