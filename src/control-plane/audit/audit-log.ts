/**
 * The audit log. The row is written in the transaction of the change that it tells of: both are stored, or neither is.
 * What others are told of the change waits until then.
 */
import { sql } from 'kysely'
import type { AuditRule } from '../../contract/route.ts'
import type { AuditEvent } from '../../contract/schemas/audit.ts'
import { newId } from '../../core/ids.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { redact } from '../../core/redact.ts'
import { toStorableJson } from '../../core/storable.ts'
import type { App } from '../app.ts'
import type { Identity } from '../auth/identity.ts'
import type { Connection, Database } from '../store/database.ts'
import { type PageRequest, pageOf, toPage } from '../store/pagination.ts'
import { toIso } from '../store/wire.ts'

/** Where a request came from. */
export interface Origin {
  requestId: string
  address: string
}

type Actor = Pick<AuditEvent, 'actor' | 'actor_kind' | 'principal' | 'role'> & { tenantId: string }

export interface AuditEntry extends Actor, Origin {
  action: string
  target: string | null
  details: Record<string, unknown>
}

interface AuditedRequest {
  identity: Identity
  params: unknown
  body: unknown
  origin: Origin
}

/** Carries out a request and records it, in one transaction. `work` gets the parts that belong to it. */
export async function carryOutAudited<T>(
  app: App,
  rule: AuditRule,
  request: AuditedRequest,
  work: (app: App) => Promise<T>,
): Promise<T> {
  const announcements: (() => void)[] = []
  const whenDurable = (tell: () => void) => void announcements.push(tell)
  const answer = await app.db.transaction().execute(async (trx) => {
    const bus = {
      ...app.bus,
      publish: (topic: Parameters<App['bus']['publish']>[0]) => whenDurable(() => app.bus.publish(topic)),
    }
    const done = await work({ ...app, db: trx, bus, whenDurable })
    const entry = describeRequest(rule, request, done)
    if (entry) await writeAudit(trx, entry)
    return done
  })
  for (const tell of announcements) tell()
  return answer
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
      details: toStorableJson(details),
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

/** Undefined where the request names no tenant: it has changed nothing of any. */
function describeRequest(rule: AuditRule, request: AuditedRequest, answer: unknown): AuditEntry | undefined {
  const actor = findActor(request.identity, answer)
  if (!actor) return undefined
  const sources = [request.params, answer, request.body].map(toMembers)
  const target =
    rule.target && sources.map((members) => members.get(rule.target ?? '')).find((each) => each !== undefined)
  const body = toMembers(request.body)
  const details = Object.fromEntries(
    (rule.details ?? []).flatMap((name) => (body.has(name) ? [[name, toDetail(body.get(name))]] : [])),
  )
  return {
    ...actor,
    ...request.origin,
    action: rule.action,
    target: typeof target === 'string' ? target : null,
    details,
  }
}

/** The answer names who has come by a link or an onboarding token. */
function findActor(identity: Identity, answer: unknown): Actor | undefined {
  if (identity.kind === 'user') {
    const { tenantId, subject, principal, role, runId, session } = identity
    return { tenantId, actor: subject, actor_kind: kindOf(runId, session), principal, role }
  }
  const members = toMembers(answer)
  const tenantId = members.get('tenant_id')
  if (typeof tenantId !== 'string') return undefined
  if (identity.kind === 'onboarding') {
    return { tenantId, actor: '', actor_kind: 'onboarding_token', principal: null, role: null }
  }
  return { tenantId, actor: String(members.get('subject') ?? ''), actor_kind: 'session', principal: null, role: null }
}

function kindOf(runId: string | null, session: object | undefined): AuditEvent['actor_kind'] {
  if (runId !== null) return 'run_token'
  return session ? 'session' : 'user'
}

function toMembers(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : [])
}

function toDetail(value: unknown): unknown {
  if (typeof value === 'string') return cut(redact(value))
  return Array.isArray(value) ? value.map(toDetail) : value
}

function cut(text: string): string {
  return text.slice(0, CONTROL_PLANE_LIMITS.auditText.value).toWellFormed().replaceAll('\0', '')
}
