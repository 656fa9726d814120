/** Compares two policies by meaning: IAM keeps the text, with its order and its spaces. */
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { comparableJson } from '../../../core/canonical-json.ts'
import { EC2_LIMITS } from '../../../core/limits/ec2.ts'
import { parseOutsideJson, readOutsideJson } from '../../../core/outside-json.ts'
import type { PolicyDocument } from './policies.ts'

const BOUNDS = { maxCharacters: EC2_LIMITS.policy.value }

/** `present` as IAM gives it: JSON, encoded as in a URL. */
export function isSamePolicy(present: string | undefined, wanted: PolicyDocument): boolean {
  if (present === undefined) return false
  try {
    return isDeepStrictEqual(normalize(readOutsideJson(decodeURIComponent(present), BOUNDS)), normalize(wanted))
  } catch {
    return false
  }
}

const Trust = z.object({
  Statement: z.array(
    z.object({
      Condition: z.record(z.string(), z.record(z.string(), z.union([z.string(), z.array(z.string())]))).optional(),
    }),
  ),
})

/**
 * The subjects of a trust that equals the wanted one with fewer subjects; `undefined` for any other. A user narrowed it
 * on purpose, so `radix aws init` must not widen it.
 */
export function findNarrowerSubjects(present: string | undefined, wanted: PolicyDocument): string[] | undefined {
  const [only] = wanted.Statement
  const [key, wantedSubjects] = Object.entries(only?.Condition?.StringLike ?? {})[0] ?? []
  if (present === undefined || !only || key === undefined || wantedSubjects === undefined) return undefined
  const subjects = readSubjects(present, key)
  const patterns = [wantedSubjects].flat().map(toPattern)
  if (!subjects?.length || !subjects.every((subject) => patterns.some((pattern) => pattern.test(subject))))
    return undefined
  // All else must be equal: the principal, the audience, the number of statements.
  const narrowed = { ...only, Condition: { ...only.Condition, StringLike: { [key]: subjects } } }
  const exactly = {
    ...only,
    Condition: { StringEquals: { ...only.Condition?.StringEquals, [key]: subjects } },
  }
  const isNarrowed = [narrowed, exactly].some((Statement) =>
    isSamePolicy(present, { ...wanted, Statement: [Statement] }),
  )
  return isNarrowed ? subjects : undefined
}

/** From either operator: a trust that was narrowed by hand uses `StringEquals`. */
function readSubjects(present: string, key: string): string[] | undefined {
  try {
    const [statement] = parseOutsideJson(decodeURIComponent(present), Trust, BOUNDS).Statement
    const conditions = Object.values(statement?.Condition ?? {})
    return conditions.flatMap((condition) => condition?.[key] ?? [])
  } catch {
    return undefined
  }
}

/** `*` is the only wildcard that Radix uses. */
function toPattern(subject: string): RegExp {
  const parts = subject.split('*').map((part) => part.replaceAll(/[.*+?^$(){}|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`)
}

/** Sorts lists by text and unwraps lists of one element: IAM makes no difference between them. */
function normalize(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(normalize)
    return items.length === 1 ? items[0] : items.map(comparableJson).sort()
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, normalize(member)]))
}
