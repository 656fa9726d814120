import type pg from 'pg'

/** For the DATABASE_URL of another server on an embedded database. */
export function databaseUrlOf({ host, user, database }: pg.ClientConfig): string {
  return `postgres://${user}@localhost/${database}?host=${encodeURIComponent(String(host))}`
}
