/** Members and their roles, for users. */
import type { HandlersOf } from '../handler.ts'
import * as members from './members.ts'

export const memberHandlers: HandlersOf<'members'> = {
  listMembers: ({ identity, query }, app) => members.listMembers(app, identity.tenantId, query),
  setMemberRole: ({ identity, params, body }, app) => members.setMemberRole(app, identity, params.member_id, body.role),
  getDefaultRole: ({ identity }, app) => members.getDefaultRole(app, identity.tenantId),
  setDefaultRole: ({ identity, body }, app) => members.setDefaultRole(app, identity, body.role),
}
