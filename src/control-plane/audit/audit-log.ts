/** The audit log: rows are only added, in the transaction of the change that they tell of. */
import { sql } from 'kysely'
import type { AuditEvent } from '../../contract/schemas/audit.ts'
import { newId } from '../../core/ids.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { redact } from '../../core/redact.ts'
import { toStorableJson } from '../../core/storable.ts'
import type { Connection, Database } from '../store/database.ts'
import { type PageRequest, pageOf, toPage } from '../store/pagination.ts'
import { toIso } from '../store/wire.ts'

/** Where a request came from. */
export interface Origin {
  requestId: string
  address: string
}

export type Actor = Pick<AuditEvent, 'actor' | 'actor_kind' | 'principal' | 'role'> & { tenantId: string }

export interface AuditEntry extends Actor, Origin {
  action: string
  target: string | null
  details: Record<string, unknown>
}

export async function writeAudit(connection: Connection, entry: AuditEntry): Promise<void> {
  const { tenantId, requestId, address, details, target, actor, ...plain } = entry
  await connection
    .insertInto('audit_events')
    .values({
      ...plain,
      audit_id: newId('aud'),
      tenant_id: tenantId,
      actor: cut(actor),
      target: target === null ? null : cut(target),
      details: toStorableJson(
        Object.fromEntries(Object.entries(details).map(([name, value]) => [name, toDetail(value)])),
      ),
      request_id: requestId,
      address,
    })
    .execute()
}

export interface AuditFilter {
  action?: string | undefined
  actor?: string | undefined
  target?: string | undefined
  since?: string | undefined
}

export async function listAuditEvents(db: Database, tenantId: string, page: PageRequest & AuditFilter) {
  let query = db.selectFrom('audit_events').selectAll().where('tenant_id', '=', tenantId)
  if (page.action) query = query.where(sql<boolean>`starts_with(action, ${page.action})`)
  if (page.actor) query = query.where('actor', '=', page.actor)
  if (page.target) query = query.where('target', '=', page.target)
  if (page.since) query = query.where('created_at', '>=', new Date(page.since))
  const rows = await pageOf(query, 'audit_events', 'audit_id', page).execute()
  return toPage(
    rows,
    page,
    (row) => row.audit_id,
    ({ tenant_id: _, created_at, ...row }): AuditEvent => ({ ...row, created_at: toIso(created_at) }),
  )
}

/** Without secrets, and as long as a row may hold. */
function toDetail(value: unknown): unknown {
  if (typeof value === 'string') return cut(redact(value))
  return Array.isArray(value) ? value.map(toDetail) : value
}

function cut(text: string): string {
  return text.slice(0, CONTROL_PLANE_LIMITS.auditText.value).toWellFormed().replaceAll('\0', '')
}
