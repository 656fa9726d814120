/** The bounds of a schema, for options and messages: each bound is written once, in the schema. Pure. */
import { z } from 'zod'

export interface Bounds {
  minimum: number
  maximum: number
  isWhole: boolean
  /** Without the minimum itself. */
  isAbove: boolean
}

/** For a number schema, with or without a default. Throws `TypeError` for any other, and for one without a maximum. */
export function boundsOf(schema: z.ZodType): Bounds {
  const number = schema instanceof z.ZodDefault || schema instanceof z.ZodOptional ? schema.unwrap() : schema
  if (!(number instanceof z.ZodNumber)) throw new TypeError('no schema of a number')
  const { minValue: minimum, maxValue: maximum } = number
  if (minimum === null || maximum === null || maximum >= Number.MAX_SAFE_INTEGER) throw new TypeError('no bounds')
  return { minimum, maximum, isWhole: number.isInt, isAbove: !number.safeParse(minimum).success }
}

/** `a whole number, 1 to 100`; `a number above 0, up to 1440`. */
export function describeBounds({ minimum, maximum, isWhole, isAbove }: Bounds): string {
  const kind = isWhole ? 'a whole number' : 'a number'
  return isAbove ? `${kind} above ${minimum}, up to ${maximum}` : `${kind}, ${minimum} to ${maximum}`
}

/**
 * Why a value is refused, and what to give instead, for `CONFIGURATION_INVALID`, from the first issue of a schema. `schema`:
 * that of the value itself, if it is known.
 */
export function explainIssue(
  issue: z.core.$ZodIssue | undefined,
  schema?: z.ZodType,
): { reason: string; expected: string } {
  // Formats of ours name an example in their message; those of the library do not.
  if (issue?.code === 'invalid_format' && !issue.message.startsWith('Invalid')) {
    return { reason: 'it has the wrong form', expected: issue.message }
  }
  return { reason: issue?.message ?? 'it does not match', expected: expectedBy(schema) ?? describeExpected(issue) }
}

function expectedBy(schema: z.ZodType | undefined): string | undefined {
  try {
    return schema && describeBounds(boundsOf(schema))
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

function describeExpected(issue: z.core.$ZodIssue | undefined): string {
  const unit = issue && 'origin' in issue && issue.origin === 'string' ? 'a text of characters, ' : 'a value, '
  if (issue?.code === 'too_big') return `${unit}at most ${issue.maximum}`
  if (issue?.code === 'too_small') return `${unit}at least ${issue.minimum}`
  return 'a valid value'
}

/** The value in a document at the path of an issue. */
export function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input
  for (const key of path) value = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
  return value
}
