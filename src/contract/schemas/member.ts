/** Members of a tenant, and their roles. */
import { z } from 'zod'
import { ROLES } from '../roles.ts'
import { Timestamp } from './common.ts'

export const RoleName = z.enum(ROLES).meta({ id: 'Role' })

export const Member = z
  .object({
    member_id: z.string(),
    subject: z.string().describe('the name of the user at the issuer; names are not unique'),
    issuer: z.string(),
    role: RoleName.nullable().describe('null: the default role of the tenant'),
    effective_role: RoleName,
    created_at: Timestamp.describe('when the member was first seen'),
    last_seen_at: Timestamp,
  })
  .meta({ id: 'Member' })
export type Member = z.infer<typeof Member>

export const SetMemberRoleBody = z.object({ role: RoleName.nullable().describe('null: the default role') })

export const DefaultRole = z
  .object({ role: RoleName.describe('the role of every user of the tenant who has none of their own') })
  .meta({ id: 'DefaultRole' })
export type DefaultRole = z.infer<typeof DefaultRole>
