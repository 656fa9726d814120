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

/** What the first issue of a value expects instead, to follow `Set … to`. */
export function describeExpected(issue: z.core.$ZodIssue | undefined): string {
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
