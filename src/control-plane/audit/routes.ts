/** The audit log, for admins. */
import type { HandlersOf } from '../handler.ts'
import { listAuditEvents } from './audit-log.ts'

export const auditHandlers: HandlersOf<'audit'> = {
  listAuditEvents: ({ identity, query }, { db }) => listAuditEvents(db, identity.tenantId, query),
}
