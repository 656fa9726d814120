/**
 * The entrance for text from outside (agents, workloads, clouds, other people): every answer and every message of a stream
 * passes here before a page shows it. React escapes HTML; control characters, bidirectional overrides and endless text are
 * taken out here. Pure.
 */
import type { z } from 'zod'
import { cutText } from '../../../src/core/cut-text.ts'
import { DASHBOARD_LIMITS } from '../../../src/core/limits/dashboard.ts'
import { MAX_JSON_DEPTH, tryParseOutsideJson } from '../../../src/core/outside-json.ts'
import { printable } from '../../../src/core/printable.ts'

const { textLength, streamMessage } = DASHBOARD_LIMITS

export function cleanText(text: string): string {
  return printable(cutText(text, textLength.value))
}

/** The same value with each text in it cleaned, the names of members included; what is nested too deep is left out. */
export function cleanOutside<T>(value: T): T {
  return clean(value, 0) as T
}

function clean(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return cleanText(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth >= MAX_JSON_DEPTH) return '…'
  if (Array.isArray(value)) return value.map((each) => clean(each, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [cleanText(name), clean(each, depth + 1)]))
}

/** A message of a stream; null for one that is not as the schema says. */
export function readMessage<S extends z.ZodType>(text: string, schema: S): z.output<S> | null {
  const message = tryParseOutsideJson(text, schema, { maxCharacters: streamMessage.value })
  return message === null ? null : cleanOutside(message)
}
