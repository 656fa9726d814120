/**
 * The role of a user in a tenant: their own, or the tenant's default, and never above what their credential allows. It
 * is read for each request, so that a change holds at once on every replica.
 */
import { sql } from 'kysely'
import { lowerRole, type Role } from '../../contract/roles.ts'
import { newId } from '../../core/ids.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import type { Connection, Database } from '../store/database.ts'
import type { VerifiedUser } from './identity.ts'
import { isLocalPrincipal } from './local-issuer.ts'

const RECORD_SECONDS = CONTROL_PLANE_LIMITS.memberRecord.value / 1000

interface Standing {
  role: Role | null
  default_role: Role | null
  /** The member is new, or their record is old or has another name. */
  is_due: boolean
}

export interface RoleSettings {
  /** Of users without a role, in a tenant that has set none. */
  defaultRole: Role
  /** Principals that are admins whatever the database says: so a team has its first. */
  admins: readonly string[]
}

/** Records a member who is new. */
export async function resolveRole(db: Database, user: VerifiedUser, settings: RoleSettings): Promise<Role> {
  // The key of the data directory signs any token, so a role in the database could not bind its holder.
  if (isLocalPrincipal(user.principal)) return user.maxRole
  const { role, default_role, is_due } = await readStanding(db, user)
  if (is_due) await recordMember(db, user)
  const own = isAppointed(user, settings) ? 'admin' : role
  return lowerRole(user.maxRole, own ?? default_role ?? settings.defaultRole)
}

/** By the settings of the server, which no member can change. */
export function isAppointed({ principal }: Pick<VerifiedUser, 'principal'>, { admins }: RoleSettings): boolean {
  return principal !== null && admins.includes(principal)
}

async function readStanding(db: Database, { tenantId, principal, subject }: VerifiedUser): Promise<Standing> {
  const { rows } = await sql<Standing>`
    select members.role,
      (select role from default_roles where tenant_id = ${tenantId}) as default_role,
      coalesce(members.last_seen_at < now() - make_interval(secs => ${RECORD_SECONDS})
        or members.subject <> ${cutSubject(subject)}, true) as is_due
    from (select) as one left join members on members.tenant_id = ${tenantId} and members.principal = ${principal}`.execute(
    db,
  )
  return rows[0] ?? { role: null, default_role: null, is_due: true }
}

async function recordMember(db: Database, { tenantId, principal, subject }: VerifiedUser): Promise<void> {
  if (principal === null) return
  await db
    .insertInto('members')
    .values({ member_id: newId('mem'), tenant_id: tenantId, principal, subject: cutSubject(subject) })
    .onConflict((conflict) =>
      conflict
        .columns(['tenant_id', 'principal'])
        .doUpdateSet({ subject: cutSubject(subject), last_seen_at: sql<Date>`now()` }),
    )
    .execute()
}

function cutSubject(subject: string): string {
  return subject.slice(0, CONTROL_PLANE_LIMITS.memberName.value).toWellFormed().replaceAll('\0', '')
}

export async function readDefaultRole(connection: Connection, tenantId: string, fallback: Role): Promise<Role> {
  const row = await connection
    .selectFrom('default_roles')
    .select('role')
    .where('tenant_id', '=', tenantId)
    .executeTakeFirst()
  return row?.role ?? fallback
}
