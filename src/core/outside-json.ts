/**
 * The entrance for JSON from outside: size, encoding and depth are checked before anything walks the value, then a
 * schema decides. Pure.
 */

import type { z } from 'zod'
import { SYSTEM_LIMITS } from './limits/system.ts'

export interface JsonBounds {
  /** In UTF-16 code units: what `String.length` counts. */
  maxCharacters: number
  maxDepth?: number
  /** Values of any kind at all levels, because every reader visits each of them. Unlimited by default. */
  maxValues?: number
}

/** Deeper than any document of ours, and far from what a recursive walk can bear. */
export const MAX_JSON_DEPTH = SYSTEM_LIMITS.jsonDepth.value
/** An answer, or a record, holds what was once a whole document of its own a few levels down. */
export const MAX_WRAPPED_JSON_DEPTH = MAX_JSON_DEPTH + 8

/** Why a text from outside is not what was asked for. `reason` is one clause for people, without a full stop. */
export class OutsideJsonError extends Error {
  readonly kind: 'too-long' | 'not-json' | 'too-deep' | 'too-many' | 'not-as-agreed'

  constructor(kind: OutsideJsonError['kind'], reason: string, options?: ErrorOptions) {
    super(reason, options)
    this.kind = kind
  }
}

/** Throws `OutsideJsonError`. A byte order mark at the start is skipped, as editors on Windows write one. */
export function parseOutsideJson<S extends z.ZodType>(text: string, schema: S, bounds: JsonBounds): z.output<S> {
  const parsed = schema.safeParse(readOutsideJson(text, bounds))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new OutsideJsonError('not-as-agreed', `${issue?.path.join('.') || 'the document'}: ${issue?.message}`)
}

/** `null` where `parseOutsideJson` throws: for records that may be absent or damaged and are then made anew. */
export function tryParseOutsideJson<S extends z.ZodType>(
  text: string,
  schema: S,
  bounds: JsonBounds,
): z.output<S> | null {
  try {
    return parseOutsideJson(text, schema, bounds)
  } catch (error) {
    if (error instanceof OutsideJsonError) return null
    throw error
  }
}

/** The value alone, where a schema follows elsewhere. */
export function readOutsideJson(text: string, bounds: JsonBounds): unknown {
  const { maxCharacters, maxDepth = MAX_JSON_DEPTH, maxValues = Number.POSITIVE_INFINITY } = bounds
  if (text.length > maxCharacters) {
    throw new OutsideJsonError('too-long', `it has more than ${maxCharacters} characters`)
  }
  const body = text.startsWith('\ufeff') ? text.slice(1) : text
  const { depth, values } = measureShape(body, { maxDepth, maxValues })
  if (depth > maxDepth) throw new OutsideJsonError('too-deep', `it is nested more than ${maxDepth} levels deep`)
  if (values > maxValues) throw new OutsideJsonError('too-many', `it has more than ${maxValues} values`)
  try {
    return JSON.parse(body)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new OutsideJsonError('not-json', `it is not JSON: ${reason}`, { cause: error })
  }
}

/** The levels of nesting of JSON text, without parsing it. */
export function measureDepth(json: string): number {
  return measureShape(json, { maxDepth: Number.POSITIVE_INFINITY, maxValues: Number.POSITIVE_INFINITY }).depth
}

/** Stops counting above a maximum. An empty list or object counts as two values. */
function measureShape(json: string, { maxDepth, maxValues }: { maxDepth: number; maxValues: number }) {
  let deepest = 0
  let values = 1
  findNesting(json, (depth, isBeforeValue) => {
    if (isBeforeValue) values++
    if (depth > deepest) deepest = depth
    return deepest > maxDepth || values > maxValues
  })
  return { depth: deepest, values }
}

/** The JSON object at the start of a text that goes on; `undefined` where there is none, or it is torn. */
export function firstObjectOf(text: string): string | undefined {
  if (!text.startsWith('{')) return undefined
  const end = findNesting(text, (depth) => depth === 0)
  return end === undefined ? undefined : text.slice(0, end + 1)
}

const [QUOTE, BACKSLASH, COMMA] = [34, 92, 44]
/** `[` and `{`, `]` and `}`: both pairs differ in the bit of capital letters alone. */
const [OPENING, CLOSING, LETTER_CASE] = [91, 93, 32]

/** The first brace, bracket or comma, outside of strings, that is enough by the depth that it leads to. */
function findNesting(json: string, isEnough: (depth: number, isBeforeValue: boolean) => boolean): number | undefined {
  let depth = 0
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at)
    if (code === QUOTE) {
      at = endOfString(json, at)
      if (at === -1) return undefined
    } else if (code === COMMA) {
      if (isEnough(depth, true)) return at
    } else if ((code & ~LETTER_CASE) === OPENING) {
      if (isEnough(++depth, true)) return at
    } else if ((code & ~LETTER_CASE) === CLOSING && isEnough(--depth, false)) return at
  }
  return undefined
}

/** The quote that ends the string that begins at `start`; -1 where none does. */
function endOfString(json: string, start: number): number {
  let at = json.indexOf('"', start + 1)
  while (at !== -1 && isEscaped(json, at)) at = json.indexOf('"', at + 1)
  return at
}

/** An odd number of backslashes before it; the quote that begins its string ends them. */
function isEscaped(json: string, at: number): boolean {
  let backslashes = 0
  while (json.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++
  return backslashes % 2 === 1
}
