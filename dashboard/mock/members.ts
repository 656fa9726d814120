/** Members of a tenant, of every role. */
import type { Role } from '../../src/contract/roles.ts'
import type { AuditEvent } from '../../src/contract/schemas/audit.ts'
import type { Member } from '../../src/contract/schemas/member.ts'
import type { MockHandlers } from './mock-server.ts'
import { takePage } from './page.ts'
import type { World } from './world.ts'

const DAY_MS = 86_400_000
const MEMBERS: readonly [string, Role | null][] = [
  ['ada@example.com', 'admin'],
  ['grace@example.com', 'operator'],
  ['linus@example.com', null],
]

export function makeMembers(nowMs: number): Member[] {
  return MEMBERS.map(([subject, role], index) => ({
    member_id: `mem_${index}`,
    subject,
    issuer: 'https://login.example.com',
    role,
    effective_role: role ?? 'viewer',
    created_at: new Date(nowMs - (index + 1) * 10 * DAY_MS).toISOString(),
    last_seen_at: new Date(nowMs - index * DAY_MS).toISOString(),
  }))
}

export function answerMembers(world: World): MockHandlers {
  let defaultRole: Role = 'viewer'
  return {
    listMembers: ({ query }) => takePage(world.members, query),
    setMemberRole: ({ params, body }) => {
      const member = world.findMember(params.member_id)
      return Object.assign(member, { role: body.role, effective_role: body.role ?? defaultRole })
    },
    listAuditEvents: ({ query }) => takePage(makeAuditEvents(world.bornMs), query),
    getDefaultRole: () => ({ role: defaultRole }),
    setDefaultRole: ({ body }) => {
      defaultRole = body.role
      for (const member of world.members) member.effective_role = member.role ?? defaultRole
      return body
    },
  }
}

function makeAuditEvents(nowMs: number): AuditEvent[] {
  const actions = ['cluster.create', 'budget.set', 'api_key.create', 'member.set_role', 'run.cancel']
  return actions.map((action, index) => ({
    audit_id: `aud_${index}`,
    created_at: new Date(nowMs - (index + 1) * DAY_MS).toISOString(),
    actor: MEMBERS[index % MEMBERS.length]?.[0] ?? '',
    actor_kind: 'session',
    principal: 'https://login.example.com#1',
    role: 'admin',
    action,
    target: `${action.split('.')[0]}_${index}`,
    details: { name: `number ${index}` },
    request_id: `request-${index}`,
    address: '192.0.2.7',
  }))
}

const NOTHING = { items: [], next_cursor: null }

export function answerNoMembers(): MockHandlers {
  return {
    listMembers: () => NOTHING,
    listAuditEvents: () => NOTHING,
    getDefaultRole: () => ({ role: 'admin' }),
  }
}
