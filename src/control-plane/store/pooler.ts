/**
 * Detects a pooler in transaction mode (PgBouncer and others). Radix does not work behind one: LISTEN wake-ups and
 * session settings are lost there.
 */
import type pg from 'pg'

/** Tells the processes of PostgreSQL apart, also on several hosts. */
const SESSION = `select pid || ' ' || backend_start as session from pg_stat_activity where pid = pg_backend_pid()`

/**
 * True when connections to PostgreSQL are shared or change between statements: 1. two connections of ours have the same
 * process, 2. one of ours has another process once the first is in use by another. A pooler with many idle connections
 * may go unnoticed.
 */
export async function isPooledByTransaction(pool: pg.Pool): Promise<boolean> {
  const [one, other] = [await pool.connect(), await pool.connect()]
  try {
    const before = await readSession(one)
    await other.query('begin')
    if ((await readSession(other)) === before) return true
    return (await readSession(one)) !== before
  } finally {
    await other.query('rollback').catch(() => {})
    one.release()
    other.release()
  }
}

async function readSession(client: pg.PoolClient): Promise<string | undefined> {
  const { rows } = await client.query<{ session: string }>(SESSION)
  return rows[0]?.session
}
