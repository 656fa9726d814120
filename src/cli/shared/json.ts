/**
 * JSON that means the same to every reader: of a repeated member, some readers take the first and some the last (RFC
 * 7493).
 */
import { type JsonBounds, readOutsideJson } from '../../core/outside-json.ts'

export class DuplicateMemberError extends Error {
  override readonly name = 'DuplicateMemberError'
}

/** Throws `OutsideJsonError`, or `DuplicateMemberError` if an object repeats a member. */
export function parseJson(text: string, bounds: JsonBounds): unknown {
  const value = readOutsideJson(text, bounds)
  const written = [...text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)].filter(([, colon]) => colon !== undefined).length
  if (written !== countMembers(value)) throw new DuplicateMemberError('it repeats a member.')
  return value
}

function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const own = Array.isArray(value) ? 0 : Object.keys(value).length
  return Object.values(value).reduce((count: number, item) => count + countMembers(item), own)
}
