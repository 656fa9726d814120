/** Pages by keyset: (created_at, id), newest first. A cursor is the key of the last item, opaque to the reader. */
import { type ReferenceExpression, type SelectQueryBuilder, sql } from 'kysely'
import { z } from 'zod'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { parseOutsideJson } from '../../core/outside-json.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { Schema } from '../store/database.ts'

export interface PageRequest {
  cursor?: string | undefined
  limit: number
}

/** `created_at` as text: a Date would lose the microseconds that the order goes by. */
const Cursor = z.tuple([
  z.iso.datetime({ precision: 6 }),
  z
    .string()
    .max(64)
    .regex(/^[\w.-]+$/),
])
/** The same text whatever the settings of the database. */
const KEY_FORMAT = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'

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

/** The wire page of rows that `pageOf` read: at most `limit`, and the cursor of the next one. */
export function toPage<R extends KeyedRow, I>(
  rows: R[],
  page: PageRequest,
  idOf: (row: R) => string,
  toItem: (row: Omit<R, 'created_at_key'>) => I,
): { items: I[]; next_cursor: string | null } {
  const shown = rows.slice(0, page.limit)
  const last = rows.length > page.limit ? shown.at(-1) : undefined
  return {
    items: shown.map(({ created_at_key: _, ...row }) => toItem(row)),
    next_cursor: last ? encodeCursor(last.created_at_key, idOf(last)) : null,
  }
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
