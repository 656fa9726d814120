/** Signing in without a stored secret. */
import { z } from 'zod'
import { Timestamp } from './common.ts'
import { RoleName } from './member.ts'

export const GithubExchangeBody = z.object({
  token: z.string().min(1).max(16_384).describe('the OIDC token that GitHub gave to the job of a workflow'),
  key: z.string().max(100).default('').describe('distinguishes the jobs of one matrix'),
})

export const RunToken = z
  .object({
    token: z.string().describe('a user token for this run only'),
    run_id: z.string().describe('derived from the repository, run and attempt that the GitHub token names'),
    tenant_id: z.string(),
    expires_at: Timestamp,
  })
  .meta({ id: 'RunToken' })

export const Session = z
  .object({ tenant_id: z.string(), subject: z.string(), role: RoleName, expires_at: Timestamp.nullable() })
  .meta({ id: 'Session' })

export const CreateSignInLinkBody = z.object({
  role: RoleName.optional().describe('the highest role of the session; absent: that of the caller'),
})

export const SignInLink = z
  .object({ code: z.string().describe('for the fragment of /sign-in; it can be used once'), expires_at: Timestamp })
  .meta({ id: 'SignInLink' })

export const OpenSignInLinkBody = z.object({ code: z.string().min(1).max(200) })

export const SignInWays = z
  .object({
    providers: z.array(z.object({ id: z.string(), name: z.string() })).describe('issuers, for /v1/sign-in/{id}'),
    links: z.boolean().describe('whether a one-time link also opens a session'),
  })
  .meta({ id: 'SignInWays' })

export const BeginSignInQuery = z.object({
  next: z.string().max(2000).optional().describe('the page to end on: a path of this control plane'),
})

/** The parameters of an issuer's redirect, by RFC 6749, 4.1.2, and RFC 9207. */
export const FinishSignInQuery = z.object({
  state: z.string().min(1).max(200),
  code: z.string().max(8000).optional(),
  iss: z.string().max(2000).optional(),
  error: z.string().max(200).optional(),
  error_description: z.string().max(8000).optional(),
})
