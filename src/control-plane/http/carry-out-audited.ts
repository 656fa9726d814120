/**
 * Carries out a request that the audit log tells of. The row is written in the transaction of the change: both are
 * stored, or neither is. What others are told of the change waits until then.
 */
import type { AuditRule } from '../../contract/route.ts'
import type { AuditEvent } from '../../contract/schemas/audit.ts'
import type { App } from '../app.ts'
import { type Actor, type AuditEntry, type Origin, writeAudit } from '../audit/audit-log.ts'
import type { Identity } from '../auth/identity.ts'

interface AuditedRequest {
  identity: Identity
  params: unknown
  body: unknown
  origin: Origin
}

/** `work` gets the parts that belong to the transaction. */
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

/** Undefined where the request names no tenant: it has changed nothing of any. */
function describeRequest(rule: AuditRule, request: AuditedRequest, answer: unknown): AuditEntry | undefined {
  const actor = findActor(request.identity, answer)
  if (!actor) return undefined
  const sources = [request.params, answer, request.body].map(toMembers)
  const target =
    rule.target && sources.map((members) => members.get(rule.target ?? '')).find((each) => each !== undefined)
  const body = toMembers(request.body)
  const details = Object.fromEntries(
    (rule.details ?? []).flatMap((name) => (body.has(name) ? [[name, body.get(name)]] : [])),
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
