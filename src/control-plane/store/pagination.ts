/** Keyset pages: (created_at, id), newest first. A cursor is the key of the last item, opaque to the reader. */
import { type ReferenceExpression, type SelectQueryBuilder, sql } from 'kysely'
import { z } from 'zod'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { parseOutsideJson } from '../../core/outside-json.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { Schema } from './database.ts'

export interface PageRequest {
  cursor?: string | undefined
  limit: number
}

/** `created_at` as text: a Date would lose the microseconds, which the order depends on. */
const Cursor = z.tuple([
  z.iso.datetime({ precision: 6 }),
  z
    .string()
    .max(64)
    .regex(/^[\w.-]+$/),
])
/** The same text whatever the settings of the database. */
const KEY_FORMAT = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'

/** Space for the parts around the items of a list: its cursor, its names. */
const ENVELOPE_BYTES = 2000
/** The total size of the items in one answer. */
export const LIST_ITEMS_BYTES = CONTROL_PLANE_LIMITS.listBytes.value - ENVELOPE_BYTES

interface KeyedRow {
  created_at_key: string
}

/** Adds order, start and limit to a query; the rows carry their key in `created_at_key`. */
export function pageOf<T extends keyof Schema & string, O>(
  query: SelectQueryBuilder<Schema, T, O>,
  table: T,
  idColumn: string,
  page: PageRequest,
) {
  const createdAt = sql.ref<Date>(`${table}.created_at`)
  const id = sql.ref<string>(`${table}.${idColumn}`)
  const ordered = query
    .select(sql<string>`to_char(${createdAt} at time zone 'utc', ${KEY_FORMAT})`.as('created_at_key'))
    .orderBy(createdAt, 'desc')
    .orderBy(id as ReferenceExpression<Schema, T>, 'desc')
    .limit(page.limit + 1)
  if (page.cursor === undefined) return ordered
  const [afterCreatedAt, afterId] = parseCursor(page.cursor)
  return ordered.where(sql<boolean>`(${createdAt}, ${id}) < (${afterCreatedAt}::timestamptz, ${afterId})`)
}

/** The wire page of rows that `pageOf` read: at most `limit` of them and `listBytes`, and the cursor of the next one. */
export function toPage<R extends KeyedRow, I>(
  rows: R[],
  page: PageRequest,
  idOf: (row: R) => string,
  toItem: (row: Omit<R, 'created_at_key'>) => I,
): { items: I[]; next_cursor: string | null } {
  const found = rows.slice(0, page.limit).map(({ created_at_key: _, ...row }) => toItem(row))
  const fitting = takeFitting(found)
  // A page without items could not have a next page. Input limits keep each item far below the page limit.
  const items = fitting.length > 0 ? fitting : found.slice(0, 1)
  const last = rows.length > items.length ? rows[items.length - 1] : undefined
  return { items, next_cursor: last ? encodeCursor(last.created_at_key, idOf(last)) : null }
}

/** The first of the items, as many as fit into an answer. */
export function takeFitting<T>(items: readonly T[], bytes: number = LIST_ITEMS_BYTES): T[] {
  let leftBytes = bytes
  const end = items.findIndex((item) => {
    leftBytes -= measureJson(item)
    return leftBytes < 0
  })
  return end === -1 ? [...items] : items.slice(0, end)
}

/** Bytes of an item in a list. */
export function measureJson(item: unknown): number {
  return Buffer.byteLength(JSON.stringify(item)) + 1
}

function encodeCursor(createdAt: string, id: string): string {
  return Buffer.from(JSON.stringify([createdAt, id])).toString('base64url')
}

function parseCursor(cursor: string): [string, string] {
  try {
    const text = Buffer.from(cursor, 'base64url').toString('utf8')
    return parseOutsideJson(text, Cursor, { maxCharacters: CONTROL_PLANE_LIMITS.cursor.value })
  } catch (error) {
    throw new RadixError('CURSOR_INVALID', {}, { cause: error })
  }
}
