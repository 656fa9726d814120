/** The audit log: who changed what. */
import { z } from 'zod'
import { Timestamp } from './common.ts'
import { RoleName } from './member.ts'

/** How the actor came. */
export const ACTOR_KINDS = ['user', 'session', 'run_token', 'onboarding_token', 'github_job'] as const

export const AuditEvent = z
  .object({
    audit_id: z.string(),
    created_at: Timestamp,
    actor: z.string().describe('the name of the user; empty for an onboarding token'),
    actor_kind: z.enum(ACTOR_KINDS),
    principal: z.string().nullable().describe('`<issuer>#<sub>`: identifies the user'),
    role: RoleName.nullable(),
    action: z.string().describe('`<what>.<done to it>`, as in the route table'),
    target: z.string().nullable().describe('the id or name of what was changed'),
    details: z.record(z.string(), z.unknown()).describe('members of the request; never a secret'),
    request_id: z.string().describe('as in the header x-request-id and in the log of the server'),
    address: z.string().describe('where the request came from'),
  })
  .meta({ id: 'AuditEvent' })
export type AuditEvent = z.infer<typeof AuditEvent>
