/** Liveness and readiness. */
import { sql } from 'kysely'
import { VERSION } from '../core/version.ts'
import { RadixError } from '../errors/radix-error.ts'
import { followSession } from './auth/sessions.ts'
import { openChangeStream } from './events/changes.ts'
import type { HandlersOf } from './handler.ts'

export const systemHandlers: HandlersOf<'system'> = {
  streamChanges: ({ identity, hungUp }, app) =>
    openChangeStream(app, identity.tenantId, followSession(app, identity, hungUp)),
  health: async () => ({ status: 'ok', service: 'radix', version: VERSION }),
  ready: async (_, { db }) => {
    try {
      await sql`select 1 from radix_migrations limit 1`.execute(db)
    } catch (error) {
      throw new RadixError('UNAVAILABLE', { reason: 'The database does not answer.' }, { cause: error })
    }
    return { status: 'ready' }
  },
}
