/** Members of a tenant, of every role. */
import type { Role } from '../../src/contract/roles.ts'
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
    getDefaultRole: () => ({ role: defaultRole }),
    setDefaultRole: ({ body }) => {
      defaultRole = body.role
      for (const member of world.members) member.effective_role = member.role ?? defaultRole
      return body
    },
  }
}

export function answerNoMembers(): MockHandlers {
  return { listMembers: () => ({ items: [], next_cursor: null }), getDefaultRole: () => ({ role: 'admin' }) }
}
