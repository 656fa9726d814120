/** What the holder of a lease may do: renew it, report events, complete the job. Nobody else may. */
import { sql } from 'kysely'
import type { z } from 'zod'
import type { CompleteAnswer, CompleteBody, EventsBody } from '../../contract/schemas/job.ts'
import { toStorableJson, toStorableText } from '../../core/storable.ts'
import { isFinal, JOB_TRANSITIONS } from '../../core/transitions.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { App } from '../app.ts'
import { hashOpaqueToken } from '../auth/opaque-token.ts'
import type { Connection } from '../store/database.ts'
import { recordJobObservation } from './telemetry/record-job-observation.ts'
import { jobsMoved } from './transitions.ts'
import { type JobRow, toCompleteAnswer, toIso, toJob } from './wire.ts'

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
  const row = await extendLease(app, app.db, address, leaseToken, false)
  return {
    lease: { epoch: row.lease_epoch, expires_at: toIso(row.lease_expires_at) },
    cancel_requested: row.cancel_requested,
  }
}

/** Stores events (those already stored are passed over) and renews the lease with the same statement. */
export async function recordEvents(app: App, address: LeaseAddress, body: z.output<typeof EventsBody>) {
  const answer = await app.db.transaction().execute(async (trx) => {
    const row = await extendLease(app, trx, address, body.lease_token, body.started)
    if (body.events.length > 0) await insertEvents(trx, address.jobId, body)
    const { rows } = await sql<{ last: number }>`
      select coalesce(max(sequence), 0) as last from job_events where job_id = ${address.jobId}`.execute(trx)
    return { last_sequence: rows[0]?.last ?? 0, cancel_requested: row.cancel_requested }
  })
  const { jobId: job_id, clusterId: cluster_id, tenantId: tenant_id } = address
  if (body.started) jobsMoved(app, [{ job_id, cluster_id, tenant_id, status: 'running' }])
  else app.bus.publish(`job:${job_id}`)
  return answer
}

/** The result of a job, kept once. Completing again with the same lease answers the same; with another `LEASE_STALE`. */
export async function completeJob(
  app: App,
  address: LeaseAddress,
  body: z.output<typeof CompleteBody>,
): Promise<CompleteAnswer> {
  const tokenHash = body.lease_token === undefined ? null : hashOpaqueToken(body.lease_token)
  const completed = await app.db.transaction().execute(async (trx) => {
    const { rows } = await sql<JobRow>`
      update jobs set
        status = ${body.status},
        metrics = ${toStorableJson(withoutNulls(body.metrics))}::jsonb,
        output_payload = ${toStorableJson(body.output_payload)}::jsonb,
        error_message = ${toStorableText(body.error_message)},
        error_code = ${toStorableText(body.error_code)},
        started_at = coalesce(started_at, leased_at),
        finished_at = now()
      where job_id = ${address.jobId} and cluster_id = ${address.clusterId}
        and status in ('leased', 'running')
        and (lease_token_hash = ${tokenHash} or (lease_is_legacy and ${tokenHash}::bytea is null))
      returning *`.execute(trx)
    const [row] = rows
    if (row) await recordJobObservation(trx, toJob(row))
    return row
  })
  if (!completed) return replayCompletion(app.db, address, tokenHash)
  jobsMoved(app, [completed])
  return toCompleteAnswer(completed)
}

/** What an agent does not know it leaves out or sends as null; a job has only what is known. */
function withoutNulls(metrics: z.output<typeof CompleteBody>['metrics']): Record<string, unknown> | null {
  return metrics ? Object.fromEntries(Object.entries(metrics).filter(([, value]) => value != null)) : null
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
  if (!row) throw new RadixError('NOT_FOUND', { thing: 'job', id: address.jobId })
  // Where the end was decided here and not by the holder of the lease, the lease was taken away: a late result is stale.
  const sameLease = tokenHash ? row.lease_token_hash?.equals(tokenHash) : row.lease_is_legacy && row.lease_token_hash
  if (isFinal(JOB_TRANSITIONS, row.status) && sameLease) return toCompleteAnswer(row)
  throw new RadixError('LEASE_STALE', { job_id: address.jobId })
}

/** One statement for renewing and starting. A legacy lease is never shortened. */
async function extendLease(
  app: App,
  connection: Connection,
  { clusterId, jobId }: LeaseAddress,
  leaseToken: string,
  started: boolean,
): Promise<LeaseState> {
  const { rows } = await sql<LeaseState>`
    update jobs set
      lease_expires_at = greatest(lease_expires_at, now() + make_interval(secs => ${app.settings.jobLeaseMs / 1000})),
      status = case when ${started} then 'running' else status end,
      started_at = case when ${started} then coalesce(started_at, clock_timestamp()) else started_at end
    where job_id = ${jobId} and cluster_id = ${clusterId}
      and status in ('leased', 'running') and lease_token_hash = ${hashOpaqueToken(leaseToken)}
    returning lease_epoch, lease_expires_at, cancel_requested`.execute(connection)
  const [row] = rows
  if (row) return row
  const job = await connection
    .selectFrom('jobs')
    .select('job_id')
    .where('job_id', '=', jobId)
    .where('cluster_id', '=', clusterId)
    .executeTakeFirst()
  throw job
    ? new RadixError('LEASE_STALE', { job_id: jobId })
    : new RadixError('NOT_FOUND', { thing: 'job', id: jobId })
}

async function insertEvents(connection: Connection, jobId: string, { events }: z.output<typeof EventsBody>) {
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
  if (!latest) return
  await connection
    .updateTable('jobs')
    .set({ progress: toStorableJson(latest.data) })
    .where('job_id', '=', jobId)
    .execute()
}
