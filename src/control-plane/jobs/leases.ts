/** The operations of a lease holder: renew the lease, report events, complete the job. No other caller may do these. */
import { sql } from 'kysely'
import type { z } from 'zod'
import type { CompleteAnswer, CompleteBody, EventsBody } from '../../contract/schemas/job.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { toStorableJson, toStorableText } from '../../core/storable.ts'
import { isFinal, JOB_TRANSITIONS } from '../../core/transitions.ts'
import { notFound } from '../../errors/not-found.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { App } from '../app.ts'
import { hashOpaqueToken } from '../auth/opaque-token.ts'
import type { Connection } from '../store/database.ts'
import { IN_HELD_JOB_STATES } from '../store/statements.ts'
import { toCompleteAnswer, toIso, toJob } from '../store/wire.ts'
import { recordJobObservation } from '../telemetry/record-job-observation.ts'
import { type Mover, transition } from '../transitions.ts'

export interface LeaseAddress {
  tenantId: string
  clusterId: string
  jobId: string
}

interface LeaseState {
  lease_epoch: number
  lease_expires_at: Date
  cancel_requested: boolean
}

/** Throws `LEASE_STALE` when the lease is not the job's current one, `NOT_FOUND` when there is no such job. */
export async function renewLease(app: App, address: LeaseAddress, leaseToken: string) {
  const row = await extendLease(app, app.db, address, leaseToken)
  return {
    lease: { epoch: row.lease_epoch, expires_at: toIso(row.lease_expires_at) },
    cancel_requested: row.cancel_requested,
  }
}

/** Stores events (those already stored are passed over) and renews the lease with the same statement. */
export async function recordEvents(app: App, address: LeaseAddress, body: z.output<typeof EventsBody>) {
  const answer = await transition(app, async (mover) => {
    const row = await extendLease(app, mover.connection, address, body.lease_token)
    if (body.started) await markStarted(mover, address.jobId)
    if (body.events.length > 0) await insertEvents(mover.connection, address.jobId, body)
    const { rows } = await sql<{ last: number }>`
      select coalesce(max(sequence), 0) as last from job_events where job_id = ${address.jobId}`.execute(
      mover.connection,
    )
    // Events beyond the limit are not stored, and must not be sent again.
    const taken = body.events.at(-1)?.sequence ?? 0
    return { last_sequence: Math.max(rows[0]?.last ?? 0, taken), cancel_requested: row.cancel_requested }
  })
  app.bus.publish(`job:${address.jobId}`)
  return answer
}

/** The result of a job, kept once. Completing again with the same lease answers the same; with another `LEASE_STALE`. */
export async function completeJob(
  app: App,
  address: LeaseAddress,
  body: z.output<typeof CompleteBody>,
): Promise<CompleteAnswer> {
  const tokenHash = body.lease_token === undefined ? null : hashOpaqueToken(body.lease_token)
  const completed = await transition(app, async (mover) => {
    const [row] = await mover.moveJobs(body.status, {
      set: sql`
        metrics = ${toStorableJson(knownMetrics(body.metrics))}::jsonb,
        output_payload = ${toStorableJson(body.output_payload)}::jsonb,
        error_message = ${toStorableText(cutMiddle(body.error_message))},
        error_code = ${toStorableText(body.error_code)},
        started_at = coalesce(started_at, leased_at),
        finished_at = now()`,
      where: sql`job_id = ${address.jobId} and cluster_id = ${address.clusterId} and lease_expires_at is not null
        and (lease_token_hash = ${tokenHash} or (lease_is_legacy and ${tokenHash}::bytea is null))`,
    })
    if (row) await recordJobObservation(mover.connection, toJob(row))
    return row
  })
  return completed ? toCompleteAnswer(completed) : replayCompletion(app.db, address, tokenHash)
}

/** Both ends of a long message matter: the failure, and the last frame of a trace. */
function cutMiddle(text: string | null | undefined): string | null {
  const { value: most } = CONTROL_PLANE_LIMITS.errorMessage
  if (text == null || text.length <= most) return text ?? null
  const half = most / 2
  return `${text.slice(0, half)}\n[… ${text.length - most} characters are left out …]\n${text.slice(-half)}`
}

/**
 * An agent omits unknown values or sends null; a job has only known ones. Lists include them, because they are small.
 */
function knownMetrics(metrics: z.output<typeof CompleteBody>['metrics']): Record<string, unknown> | null {
  if (!metrics) return null
  const known = Object.entries(metrics).filter(([, value]) => value != null && isSmall(value))
  return Object.fromEntries(known.slice(0, CONTROL_PLANE_LIMITS.jobMetrics.value))
}

function isSmall(value: unknown): boolean {
  return JSON.stringify(value).length <= CONTROL_PLANE_LIMITS.jobMetric.value
}

async function replayCompletion(
  connection: Connection,
  address: LeaseAddress,
  tokenHash: Buffer | null,
): Promise<CompleteAnswer> {
  const row = await connection
    .selectFrom('jobs')
    .selectAll()
    .where('job_id', '=', address.jobId)
    .where('cluster_id', '=', address.clusterId)
    .executeTakeFirst()
  if (!row) throw notFound('job', address.jobId)
  // If the end was decided here and not by the lease holder, the lease was revoked: a late result is stale.
  const sameLease = tokenHash ? row.lease_token_hash?.equals(tokenHash) : row.lease_is_legacy && row.lease_token_hash
  if (isFinal(JOB_TRANSITIONS, row.status) && sameLease) return toCompleteAnswer(row)
  throw new RadixError('LEASE_STALE', { job_id: address.jobId })
}

/** A legacy lease is never shortened. */
async function extendLease(
  app: App,
  connection: Connection,
  { clusterId, jobId }: LeaseAddress,
  leaseToken: string,
): Promise<LeaseState> {
  const { rows } = await sql<LeaseState>`
    update jobs set
      lease_expires_at = greatest(lease_expires_at, now() + make_interval(secs => ${app.settings.jobLeaseMs / 1000}))
    where job_id = ${jobId} and cluster_id = ${clusterId}
      and status in ${IN_HELD_JOB_STATES} and lease_token_hash = ${hashOpaqueToken(leaseToken)}
    returning lease_epoch, lease_expires_at, cancel_requested`.execute(connection)
  const [row] = rows
  if (row) return row
  const job = await connection
    .selectFrom('jobs')
    .select('job_id')
    .where('job_id', '=', jobId)
    .where('cluster_id', '=', clusterId)
    .executeTakeFirst()
  throw job ? new RadixError('LEASE_STALE', { job_id: jobId }) : notFound('job', jobId)
}

/** Under the lock of the row whose lease was just extended. A job that is already running does not change. */
async function markStarted(mover: Mover, jobId: string): Promise<void> {
  await mover.moveJobs('running', {
    set: sql`started_at = coalesce(started_at, clock_timestamp())`,
    where: sql`job_id = ${jobId}`,
  })
}

async function insertEvents(connection: Connection, jobId: string, body: z.output<typeof EventsBody>) {
  const events = body.events.filter(({ sequence }) => sequence <= CONTROL_PLANE_LIMITS.jobEvents.value)
  if (events.length === 0) return
  await connection
    .insertInto('job_events')
    .values(
      events.map(({ sequence, at, kind, data }) => ({
        job_id: jobId,
        sequence,
        at: new Date(at),
        kind,
        data: toStorableJson(data),
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const latest = events.findLast((event) => event.kind === 'progress')
  if (!latest || !isSmall(latest.data)) return
  await connection
    .updateTable('jobs')
    .set({ progress: toStorableJson(latest.data) })
    .where('job_id', '=', jobId)
    .execute()
}
