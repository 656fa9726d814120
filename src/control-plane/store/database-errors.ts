/** Classifies each error of PostgreSQL or its connection once: what it means for a request. */
import pg from 'pg'
import { classifyNetworkCode } from '../../core/network-errors.ts'

export type DatabaseFailure = 'disk-full' | 'unavailable' | 'value' | 'other'

/** By SQLSTATE, the longest beginning first (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const BY_STATE: readonly [beginning: string, failure: DatabaseFailure][] = [
  ['53100', 'disk-full'],
  // The connection is lost; resources are short; an operator or a time-out intervened; a lock or a transaction lost
  ['08', 'unavailable'],
  ['53', 'unavailable'],
  ['57', 'unavailable'],
  ['40', 'unavailable'],
  ['25P03', 'unavailable'],
  ['55P03', 'unavailable'],
  ['58', 'unavailable'],
  // A value that passed the schema and that a column does not take
  ['22', 'value'],
]

const CONNECTION_WORDS =
  /Connection terminated|is not queryable|timeout exceeded when trying to connect|Query read timeout|server conn crashed|no more connections allowed/

/** SQLSTATE of an error of the database, if it is one. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined
}

/** Undefined for an error that is not of the database. */
export function classifyDatabaseError(error: unknown): DatabaseFailure | undefined {
  const state = sqlState(error)
  if (state !== undefined) return BY_STATE.find(([beginning]) => state.startsWith(beginning))?.[1] ?? 'other'
  if (!(error instanceof Error)) return undefined
  if (error instanceof AggregateError && error.errors.length > 0) return classifyDatabaseError(error.errors[0])
  const code = 'code' in error ? String(error.code) : ''
  // ENOENT: the socket of the embedded database.
  const isNetwork = classifyNetworkCode(code) !== undefined || code === 'ENOENT'
  return isNetwork || CONNECTION_WORDS.test(error.message) ? 'unavailable' : undefined
}
