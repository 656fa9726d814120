/**
 * Leases jobs to agents. A claim is one statement that skips locked rows. Every lease has its own epoch and token, so
 * an agent that lost a job can no longer change it.
 */

import { sql } from 'kysely'
import type { z } from 'zod'
import type { LeasedJob, PollBody } from '../../contract/schemas/job.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { App } from '../app.ts'
import { hashOpaqueToken, newOpaqueToken } from '../auth/opaque-token.ts'
import { createWaiter } from '../events/wait-for-wake.ts'
import type { Database } from '../store/database.ts'
import { findsAny } from '../store/statements.ts'
import { type JobRow, toIso } from '../store/wire.ts'
import { transition, transitionAtOnce } from '../transitions.ts'

/** Beyond a job's own timeout: the time that an earlier agent needs to notice and report the timeout. */
const LEGACY_GRACE_SECONDS = CONTROL_PLANE_LIMITS.legacyLeaseGrace.value / 1000

/**
 * Leases up to `max_jobs` jobs, waiting for work until `wait_seconds` have passed or the agent hangs up. Without
 * `wait_seconds` the agent is an earlier one, which never renews: its lease lasts for the job's own timeout. Throws
 * `AUTH_CLUSTER_TOKEN_INVALID` when the cluster is archived meanwhile.
 */
export async function pollJobs(
  app: App,
  clusterId: string,
  body: z.output<typeof PollBody>,
  isLegacy: boolean,
  hungUp: AbortSignal,
): Promise<LeasedJob[]> {
  const deadlineMs = performance.now() + body.wait_seconds * 1000
  // Subscribed before the first look: work that comes between looking and waiting is not missed.
  const waiter = createWaiter(app.bus, `work:${clusterId}`)
  app.metrics.waitingPolls.inc()
  try {
    for (let isFirstLook = true; ; isFirstLook = false) {
      const jobs = hungUp.aborted ? [] : await claimJobs(app, clusterId, body.max_jobs, isLegacy)
      if (jobs.length > 0 || hungUp.aborted) return jobs
      // Only where there is no work: an archived cluster has none, and work that is there is not kept waiting.
      if (!isFirstLook && (await isArchived(app.db, clusterId))) throw new RadixError('AUTH_CLUSTER_TOKEN_INVALID')
      const remainingMs = deadlineMs - performance.now()
      if (remainingMs <= 0) return jobs
      await waiter.wait(Math.min(remainingMs, spreadOut(app.settings.pollRecheckMs)), hungUp)
    }
  } finally {
    waiter.close()
    app.metrics.waitingPolls.dec()
  }
}

/** Polls that began together, after a restart, do not look again together: such a burst would hold up everybody else. */
function spreadOut(intervalMs: number): number {
  return intervalMs * (1 - Math.random() / 2)
}

async function isArchived(db: Database, clusterId: string): Promise<boolean> {
  const found = await db.selectFrom('clusters').select('status').where('cluster_id', '=', clusterId).executeTakeFirst()
  return found?.status === 'archived'
}

async function claimJobs(app: App, clusterId: string, maxJobs: number, isLegacy: boolean): Promise<LeasedJob[]> {
  const tokens = Array.from({ length: maxJobs }, () => newOpaqueToken('lease'))
  const rows = await transitionAtOnce(app, ({ moveJobs }) =>
    moveJobs<{ position: string; waited_seconds: number }>('leased', {
      with: sql`
        with candidates as (
          select job_id, created_at from jobs
          where cluster_id = ${clusterId} and status = 'queued'
          order by created_at, job_id
          limit ${maxJobs}
          for update skip locked
        ), numbered as (
          select job_id, row_number() over (order by created_at, job_id) as position from candidates
        )`,
      set: sql`
        leased_at = clock_timestamp(),
        lease_epoch = lease_epoch + 1,
        lease_is_legacy = ${isLegacy},
        lease_token_hash = (${tokens.map(hashOpaqueToken)}::bytea[])[numbered.position],
        lease_expires_at = clock_timestamp() + case when ${isLegacy}
          then make_interval(secs => timeout_seconds + ${LEGACY_GRACE_SECONDS})
          else make_interval(secs => ${app.settings.jobLeaseMs / 1000}) end`,
      from: sql`from numbered`,
      where: sql`jobs.job_id = numbered.job_id`,
      returning: sql`numbered.position,
        extract(epoch from clock_timestamp() - jobs.created_at)::double precision as waited_seconds`,
    }),
  )
  const oldestFirst = rows.toSorted((a, b) => Number(a.position) - Number(b.position))
  return oldestFirst.map((row) => {
    app.metrics.dispatchSeconds.observe(row.waited_seconds)
    return toLeasedJob(row, tokens[Number(row.position) - 1] ?? '')
  })
}

const WITHOUT_LEASE = sql`lease_token_hash = null, lease_expires_at = null`
const ENDED = sql`finished_at = now(), ${WITHOUT_LEASE}`

/**
 * Takes back leases that the agent never received because it disconnected before the answer was written. Jobs that were
 * cancelled meanwhile end.
 */
export async function releaseUndelivered(app: App, jobs: readonly LeasedJob[]): Promise<void> {
  for (const { job_id, lease } of jobs) {
    await transition(app, async ({ moveJobs }) => {
      const held = sql`job_id = ${job_id} and status = 'leased' and lease_epoch = ${lease.epoch}`
      const set = sql`leased_at = null, ${WITHOUT_LEASE}`
      await moveJobs('cancelled', { set: sql`leased_at = null, ${ENDED}`, where: sql`${held} and cancel_requested` })
      await moveJobs('queued', { set, where: sql`${held} and not cancel_requested` })
    })
  }
}

/**
 * Jobs whose lease expired before they started return to the queue. Running ones are lost once the grace period has
 * also passed. `notBefore` is the time when this server was ready, plus a lease: an agent that could not renew without
 * a server gets another chance.
 */
export async function expireLeases(app: App, notBefore: Date): Promise<void> {
  const unstarted = sql`status = 'leased' and lease_expires_at < now() and ${notBefore}::timestamptz < now()`
  const grace = sql`make_interval(secs => ${app.settings.jobLostGraceMs / 1000})`
  const silent = sql`status = 'running' and lease_expires_at + ${grace} < now()
    and ${notBefore}::timestamptz + ${grace} < now()`
  if (!(await findsAny(app.db, sql`jobs where (${unstarted}) or (${silent})`))) return
  await transition(app, async ({ moveJobs }) => {
    const noResult = sql`error_code = 'JOB_LOST', error_message = 'No result came within the timeout of the job.'`
    await moveJobs('lost', { set: sql`${ENDED}, ${noResult}`, where: sql`${unstarted} and lease_is_legacy` })
    await moveJobs('cancelled', { set: ENDED, where: sql`${unstarted} and cancel_requested` })
    await moveJobs('queued', {
      set: WITHOUT_LEASE,
      where: sql`${unstarted} and not lease_is_legacy and not cancel_requested`,
    })
  })
  await transition(app, async ({ moveJobs }) => {
    const reason = sql`error_message = 'The agent stopped renewing its lease; the last renewal held until '
      || to_char(lease_expires_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || '.'`
    const cancelled = sql`${ENDED}, ${reason}, error_code = 'WORKLOAD_CANCELLED'`
    await moveJobs('cancelled', { set: cancelled, where: sql`${silent} and cancel_requested` })
    const lost = sql`${ENDED}, ${reason}, error_code = 'JOB_LOST'`
    await moveJobs('lost', { set: lost, where: sql`${silent} and not cancel_requested` })
  })
}

function toLeasedJob(row: JobRow, token: string): LeasedJob {
  return {
    job_id: row.job_id,
    cluster_id: row.cluster_id,
    job_kind: row.job_kind,
    params: row.params,
    timeout_seconds: row.timeout_seconds,
    lease: { token, epoch: row.lease_epoch, expires_at: toIso(row.lease_expires_at ?? row.created_at) },
  }
}
