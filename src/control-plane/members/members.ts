/** Members of a tenant as users see them: list, set a role, and the role of everyone else. */
import { sql } from 'kysely'
import type { Role } from '../../contract/roles.ts'
import type { DefaultRole, Member } from '../../contract/schemas/member.ts'
import { notFound } from '../../errors/not-found.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { App } from '../app.ts'
import type { UserIdentity } from '../auth/identity.ts'
import { isLocalPrincipal } from '../auth/local-issuer.ts'
import { isAppointed, type RoleSettings, readDefaultRole } from '../auth/roles.ts'
import type { Connection, Database } from '../store/database.ts'
import { type PageRequest, pageOf, toPage } from '../store/pagination.ts'
import { holdLock, inTransaction } from '../store/statements.ts'
import { toIso } from '../store/wire.ts'

const COLUMNS = ['member_id', 'subject', 'principal', 'role', 'created_at', 'last_seen_at'] as const

interface MemberRow {
  member_id: string
  subject: string
  principal: string
  role: Role | null
  created_at: Date
  last_seen_at: Date
}

export async function listMembers({ db, settings }: App, tenantId: string, page: PageRequest) {
  const defaultRole = await readDefaultRole(db, tenantId, settings.defaultRole)
  const query = db.selectFrom('members').select(COLUMNS).where('tenant_id', '=', tenantId)
  const rows = await pageOf(query, 'members', 'member_id', page).execute()
  return toPage(
    rows,
    page,
    (row) => row.member_id,
    (row) => toMember(row, { ...settings, defaultRole }),
  )
}

/** Throws `NOT_FOUND` or `MEMBERS_NEED_ADMIN`. */
export function setMemberRole(app: App, caller: UserIdentity, memberId: string, role: Role | null): Promise<Member> {
  return changeRoles(app, caller, async (trx) => {
    const row = await trx
      .updateTable('members')
      .set({ role })
      .where('tenant_id', '=', caller.tenantId)
      .where('member_id', '=', memberId)
      .returning(COLUMNS)
      .executeTakeFirst()
    if (!row) throw notFound('member', memberId)
    const defaultRole = await readDefaultRole(trx, caller.tenantId, app.settings.defaultRole)
    return toMember(row, { ...app.settings, defaultRole })
  })
}

export async function getDefaultRole({ db, settings }: App, tenantId: string): Promise<DefaultRole> {
  return { role: await readDefaultRole(db, tenantId, settings.defaultRole) }
}

/** Throws `MEMBERS_NEED_ADMIN`. */
export function setDefaultRole(app: App, caller: UserIdentity, role: Role): Promise<DefaultRole> {
  return changeRoles(app, caller, async (trx) => {
    await trx
      .insertInto('default_roles')
      .values({ tenant_id: caller.tenantId, role })
      .onConflict((conflict) => conflict.column('tenant_id').doUpdateSet({ role, set_at: sql<Date>`now()` }))
      .execute()
    return { role }
  })
}

/** One change at a time: two admins must not demote each other at once. */
async function changeRoles<T>(app: App, caller: UserIdentity, change: (trx: Connection) => Promise<T>): Promise<T> {
  return inTransaction(app.db, async (trx) => {
    await holdLock(trx, `members ${caller.tenantId}`)
    const changed = await change(trx)
    // The holder of the server's own key and those whom its settings name stay admins, and can undo any change.
    const stays = isLocalPrincipal(caller.principal) || isAppointed(caller, app.settings)
    if (!stays) await requireAdmin(trx, caller.tenantId, app.settings.defaultRole)
    return changed
  })
}

async function requireAdmin(trx: Database | Connection, tenantId: string, fallback: Role): Promise<void> {
  const defaultRole = await readDefaultRole(trx, tenantId, fallback)
  const admin = await trx
    .selectFrom('members')
    .select('member_id')
    .where('tenant_id', '=', tenantId)
    .where(sql<boolean>`coalesce(role, ${defaultRole}) = 'admin'`)
    .executeTakeFirst()
  if (!admin) throw new RadixError('MEMBERS_NEED_ADMIN')
}

function toMember({ principal, role, created_at, last_seen_at, ...row }: MemberRow, settings: RoleSettings): Member {
  return {
    ...row,
    issuer: principal.slice(0, principal.indexOf('#')),
    role,
    effective_role: isAppointed({ principal }, settings) ? 'admin' : (role ?? settings.defaultRole),
    created_at: toIso(created_at),
    last_seen_at: toIso(last_seen_at),
  }
}
