/** SQL fragments and small statements that several services share. */
import { type RawBuilder, sql } from 'kysely'
import { ACTIVE_RUN_STATUSES, finalStates, HELD_JOB_STATUSES, RUN_TRANSITIONS } from '../../core/transitions.ts'
import type { Connection } from './database.ts'

/** For `status in …`. Literals, not parameters: a partial index is then used whatever plan the database chose. */
export const IN_ACTIVE_RUN_STATES = listLiterals(ACTIVE_RUN_STATUSES)
export const IN_FINAL_RUN_STATES = listLiterals(finalStates(RUN_TRANSITIONS))
export const IN_HELD_JOB_STATES = listLiterals(HELD_JOB_STATUSES)

function listLiterals(states: readonly string[]) {
  return sql`(${sql.join(states.map((state) => sql.lit(state)))})`
}

/** Whether `rows` (`<table> where …`) has any: a look before a transaction that would mostly find nothing. */
export async function findsAny(connection: Connection, rows: RawBuilder<unknown>): Promise<boolean> {
  const found = await sql<{ is_found: boolean }>`select exists (select from ${rows}) as is_found`.execute(connection)
  return found.rows[0]?.is_found === true
}

/** In a transaction of its own where the connection is not in one. */
export function inTransaction<T>(connection: Connection, work: (trx: Connection) => Promise<T>): Promise<T> {
  return connection.isTransaction ? work(connection) : connection.transaction().execute(work)
}

/**
 * Waits until no other transaction holds the lock of this name, and holds it until this one ends. A statement sees the
 * changes of the earlier holders only if it begins after this one.
 */
export async function holdLock(trx: Connection, name: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(trx)
}
