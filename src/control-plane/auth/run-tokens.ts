/**
 * Tokens of one run, valid for an hour and only for that run: in exchange for a GitHub job's own token, and for a
 * benchmark that was started from the dashboard.
 */

import { sql } from 'kysely'
import type { Role } from '../../contract/roles.ts'
import { ROUTES } from '../../contract/routes.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { type Origin, writeAudit } from '../audit/audit-log.ts'
import type { Connection, Database } from '../store/database.ts'
import { inTransaction } from '../store/statements.ts'
import { toIso } from '../store/wire.ts'
import type { UserIdentity } from './identity.ts'
import type { GithubJob } from './issuers/github.ts'
import { hashOpaqueToken, newOpaqueToken } from './opaque-token.ts'

const TTL_SECONDS = CONTROL_PLANE_LIMITS.runToken.value / 1000

/** One transaction: a GitHub token is used up exactly when a run token was given for it. Throws `AUTH_GITHUB_TOKEN_USED`. */
export async function createRunToken(db: Database, job: GithubJob, key: string, origin: Origin) {
  return inTransaction(db, async (trx) => {
    await useUp(trx, job)
    const runId = job.runIdOf(key)
    const person = { tenantId: job.tenantId, subject: job.subject, role: job.role, runId, clusterId: null }
    const { token, expiresAt } = await insertRunToken(trx, person)
    await writeAudit(trx, {
      ...origin,
      tenantId: job.tenantId,
      actor: job.subject,
      actor_kind: 'github_job',
      principal: null,
      role: job.role,
      action: ROUTES.exchangeGithubToken.audit.action,
      target: runId,
      details: {},
    })
    return { token, run_id: runId, tenant_id: job.tenantId, expires_at: toIso(expiresAt) }
  })
}

/** `clusterId`: a cluster that the run uses and did not create. */
export async function insertRunToken(
  connection: Connection,
  {
    tenantId,
    subject,
    role,
    runId,
    clusterId,
  }: { tenantId: string; subject: string; role: Role; runId: string; clusterId: string | null },
): Promise<{ token: string; expiresAt: Date }> {
  const token = newOpaqueToken('run')
  const { expires_at: expiresAt } = await connection
    .insertInto('run_tokens')
    .values({
      token_hash: hashOpaqueToken(token),
      tenant_id: tenantId,
      run_id: runId,
      cluster_id: clusterId,
      subject,
      role,
      expires_at: sql<Date>`now() + make_interval(secs => ${TTL_SECONDS})`,
    })
    .returning('expires_at')
    .executeTakeFirstOrThrow()
  return { token, expiresAt }
}

async function useUp(connection: Connection, { tokenId, tokenExpiresAt }: GithubJob): Promise<void> {
  const used = await connection
    .insertInto('used_github_tokens')
    .values({ token_id: tokenId, expires_at: tokenExpiresAt })
    .onConflict((conflict) => conflict.doNothing())
    .returning('token_id')
    .executeTakeFirst()
  if (!used) throw new RadixError('AUTH_GITHUB_TOKEN_USED')
}

/** Whose token this is. Throws `AUTH_TOKEN_INVALID` or `AUTH_TOKEN_EXPIRED`. */
export async function findRunToken(db: Database, token: string): Promise<UserIdentity> {
  const found = await db
    .selectFrom('run_tokens')
    .select([
      'tenant_id',
      'run_id',
      'cluster_id',
      'subject',
      'role',
      'expires_at',
      sql<boolean>`expires_at <= now()`.as('is_expired'),
    ])
    .where('token_hash', '=', hashOpaqueToken(token))
    .executeTakeFirst()
  if (!found) throw new RadixError('AUTH_TOKEN_INVALID', { reason: 'it is not known' })
  if (found.is_expired) throw new RadixError('AUTH_TOKEN_EXPIRED', { expired_at: toIso(found.expires_at) })
  return {
    kind: 'user',
    tenantId: found.tenant_id,
    subject: found.subject,
    principal: null,
    role: found.role,
    maxRole: found.role,
    runId: found.run_id,
    clusterId: found.cluster_id,
  }
}
