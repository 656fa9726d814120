/**
 * Tokens that GitHub issues to workflow jobs (https://docs.github.com/en/actions/concepts/security/openid-connect).
 * Only the repositories, workflows, events and refs that the operator lists are trusted. The tokens are exchanged for a
 * token of one run; no other route takes them.
 */
import { z } from 'zod'
import type { Role } from '../../../contract/roles.ts'
import { deriveGithubRunId } from '../../../core/github-run.ts'
import { RadixError } from '../../../errors/radix-error.ts'
import { invalidToken } from '../user-token.ts'
import { createIssuerKeys, type KeyLocation, verifyJwt } from './jwt.ts'

export const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com'

/** A name can be given up and taken by another user, so repositories and owners are identified by their ids. */
export interface GithubGrant {
  tenant: string
  /** What the jobs may do, beyond the limits of their run. */
  role: Role
  repositoryId: string
  repositoryOwnerId: string
  /** `owner/repository/.github/workflows/file.yml@ref`, of the workflow that holds the job; `*` stands for one part. */
  workflowRefs: readonly string[]
  events: readonly string[]
  refs: readonly string[]
}

export interface GithubConfig extends KeyLocation {
  audience: string
  grants: readonly GithubGrant[]
}

export interface GithubJob {
  tenantId: string
  role: Role
  /** The token's own id, for using it once. */
  tokenId: string
  tokenExpiresAt: Date
  subject: string
  /** The run that this job may act for, by a key that tells the jobs of one matrix apart. */
  runIdOf(key: string): string
}

export type GithubTokenVerifier = (token: string) => Promise<GithubJob>

const Claims = z.object({
  jti: z.string().min(1),
  exp: z.number(),
  sub: z.string(),
  repository: z.string(),
  repository_id: z.string(),
  repository_owner_id: z.string(),
  /** Of a reusable workflow; `workflow_ref` is then that of its caller. */
  job_workflow_ref: z.string(),
  event_name: z.string(),
  ref: z.string(),
  run_id: z.string(),
  run_attempt: z.string(),
})
type Claims = z.infer<typeof Claims>

/** Throws `AUTH_TOKEN_INVALID`, `AUTH_TOKEN_EXPIRED`, `AUTH_GITHUB_REFUSED` or `UNAVAILABLE`. */
export function createGithubTokenVerifier(config: GithubConfig): GithubTokenVerifier {
  const keys = createIssuerKeys(config)
  return async (token) => {
    const payload = await verifyJwt(token, config.issuer, keys)
    if (payload.aud !== config.audience) throw invalidToken(`its audience is not ${config.audience}`)
    const parsed = Claims.safeParse(payload)
    if (!parsed.success) throw invalidToken('it lacks claims that GitHub issues to workflow jobs', parsed.error)
    const claims = parsed.data
    const { tenant, role } = findGrant(config.grants, claims)
    return {
      tenantId: tenant,
      role,
      tokenId: claims.jti,
      tokenExpiresAt: new Date(claims.exp * 1000),
      subject: claims.sub,
      runIdOf: (key) =>
        deriveGithubRunId({
          repositoryId: claims.repository_id,
          runId: claims.run_id,
          runAttempt: claims.run_attempt,
          key,
        }),
    }
  }
}

/** The grant that fits in all; else the nearest one's first claim that does not fit is named. */
function findGrant(grants: readonly GithubGrant[], claims: Claims): GithubGrant {
  const misfits = grants.map((grant) => ({ grant, misfit: findMisfit(grant, claims) }))
  const fitting = misfits.find(({ misfit }) => misfit === undefined)
  if (fitting) return fitting.grant
  const nearest = misfits.map(({ misfit }) => misfit).find((misfit) => misfit && misfit.claim !== 'repository_id')
  const { claim, value } = nearest ?? { claim: 'repository_id' as const, value: claims.repository_id }
  throw new RadixError('AUTH_GITHUB_REFUSED', { repository: claims.repository, claim, value })
}

function findMisfit(grant: GithubGrant, claims: Claims): { claim: keyof Claims; value: string } | undefined {
  const rules = {
    repository_id: [grant.repositoryId],
    repository_owner_id: [grant.repositoryOwnerId],
    job_workflow_ref: grant.workflowRefs,
    event_name: grant.events,
    ref: grant.refs,
  }
  for (const claim of Object.keys(rules) as (keyof typeof rules)[]) {
    if (!rules[claim].some((pattern) => fits(pattern, claims[claim]))) return { claim, value: claims[claim] }
  }
  return undefined
}

// To the letter, but for `*`, which stands for one part between slashes: `refs/pull/*/merge`.
function fits(pattern: string, value: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('[^/]+')}$`).test(value)
}
