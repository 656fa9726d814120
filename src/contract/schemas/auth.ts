/** Signing in without a stored secret. */
import { z } from 'zod'
import { Timestamp } from './common.ts'

export const GithubExchangeBody = z.object({
  token: z.string().min(1).max(16_384).describe('the OIDC token that GitHub gave to the job of a workflow'),
  key: z.string().max(100).default('').describe('tells the jobs of one matrix apart'),
})

export const RunToken = z
  .object({
    token: z.string().describe('a user token for this run alone'),
    run_id: z.string().describe('derived from the repository, run and attempt that the GitHub token names'),
    tenant_id: z.string(),
    expires_at: Timestamp,
  })
  .meta({ id: 'RunToken' })
