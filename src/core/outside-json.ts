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
}

/** Deeper than any document of ours, and far from what a recursive walk can bear. */
export const MAX_JSON_DEPTH = SYSTEM_LIMITS.jsonDepth.value
/** An answer, or a record, holds what was once a whole document of its own a few levels down. */
export const MAX_WRAPPED_JSON_DEPTH = MAX_JSON_DEPTH + 8

/** Why a text from outside is not what was asked for. `reason` is one clause for people, without a full stop. */
export class OutsideJsonError extends Error {
  readonly kind: 'too-long' | 'not-json' | 'too-deep' | 'not-as-agreed'

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
export function readOutsideJson(text: string, { maxCharacters, maxDepth = MAX_JSON_DEPTH }: JsonBounds): unknown {
  if (text.length > maxCharacters) {
    throw new OutsideJsonError('too-long', `it has ${text.length} characters; ${maxCharacters} are allowed`)
  }
  const body = text.startsWith('\ufeff') ? text.slice(1) : text
  const depth = measureDepth(body, maxDepth)
  if (depth > maxDepth) throw new OutsideJsonError('too-deep', `it is nested more than ${maxDepth} levels deep`)
  try {
    return JSON.parse(body)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new OutsideJsonError('not-json', `it is not JSON: ${reason}`, { cause: error })
  }
}

/** The levels of nesting of JSON text, without parsing it; stops counting above `enough`. */
export function measureDepth(json: string, enough = Number.POSITIVE_INFINITY): number {
  let deepest = 0
  findNesting(json, (depth) => {
    deepest = Math.max(deepest, depth)
    return deepest > enough
  })
  return deepest
}

/** The JSON object at the start of a text that goes on; `undefined` where there is none, or it is torn. */
export function firstObjectOf(text: string): string | undefined {
  if (!text.startsWith('{')) return undefined
  const end = findNesting(text, (depth) => depth === 0)
  return end === undefined ? undefined : text.slice(0, end + 1)
}

/** The first brace or bracket, outside of strings, at which the depth that it leads to is the one that is looked for. */
function findNesting(json: string, isEnough: (depth: number) => boolean): number | undefined {
  let depth = 0
  let inString = false
  for (let at = 0; at < json.length; at++) {
    const character = json[at]
    if (inString) {
      if (character === '\\') at++
      else if (character === '"') inString = false
    } else if (character === '"') inString = true
    else if (character === '{' || character === '[') {
      if (isEnough(++depth)) return at
    } else if ((character === '}' || character === ']') && isEnough(--depth)) return at
  }
  return undefined
}
