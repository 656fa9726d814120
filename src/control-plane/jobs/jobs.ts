/** Jobs as users see them: launch, list, read, cancel, read events. */
import { sql } from 'kysely'
import type { z } from 'zod'
import { upgradeProgress } from '../../contract/earlier-documents.ts'
import { Job, type JobEvent, type LaunchJobBody } from '../../contract/schemas/job.ts'
import { JOB_PARAMS } from '../../contract/schemas/workload.ts'
import { newId } from '../../core/ids.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { type JobStatus, UNFINISHED_JOB_STATUSES } from '../../core/transitions.ts'
import { notFound } from '../../errors/not-found.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { App } from '../app.ts'
import { getCluster } from '../clusters/clusters.ts'
import { announce } from '../events/changes.ts'
import type { Connection, Database } from '../store/database.ts'
import { runOnce } from '../store/idempotency.ts'
import { LIST_ITEMS_BYTES, type PageRequest, pageOf, takeFitting, toPage } from '../store/pagination.ts'
import { holdLock, inTransaction } from '../store/statements.ts'
import { SUMMARY_COLUMNS, toJob, toJobSummary } from '../store/wire.ts'
import { transition } from '../transitions.ts'

type LaunchBody = z.output<typeof LaunchJobBody>

export interface JobAddress {
  tenantId: string
  clusterId: string
  jobId: string
}

export async function launchJob(
  app: App,
  tenantId: string,
  clusterId: string,
  body: LaunchBody,
  idempotencyKey: string | undefined,
): Promise<Job> {
  const params = parseParams(body)
  const request = { tenantId, route: `launchJob ${clusterId}`, key: idempotencyKey, body }
  const { answer, repeated } = await runOnce(app.db, request, Job, (connection) =>
    insertJob(connection, tenantId, clusterId, { ...body, params }),
  )
  if (!repeated) {
    app.whenDurable(() => app.metrics.jobTransitions.inc({ to: 'queued' }))
    app.bus.publish(`work:${clusterId}`)
    announce(app, tenantId, 'jobs')
  }
  return answer
}

function parseParams(body: LaunchBody): Record<string, unknown> {
  const parsed = JOB_PARAMS[body.job_kind].safeParse(body.params)
  if (parsed.success) return parsed.data
  const errors = parsed.error.issues.map(({ path, message }) => ({ path: ['params', ...path].join('.'), message }))
  const message = errors.map((error) => `${error.path}: ${error.message}`).join('; ')
  throw new RadixError('JOB_PARAMS_INVALID', { message }, { details: { errors } })
}

/** A queue that is far from full takes a job at once. Near its limit jobs are counted and inserted one after another. */
async function insertJob(connection: Connection, tenantId: string, clusterId: string, body: LaunchBody): Promise<Job> {
  const limit = CONTROL_PLANE_LIMITS.queuedJobs.value
  const job = await insertWithin(connection, tenantId, clusterId, body, limit / 2)
  if (job) return job
  return inTransaction(connection, async (trx) => {
    await holdLock(trx, `job queue ${clusterId}`)
    const next = await insertWithin(trx, tenantId, clusterId, body, limit)
    if (next) return next
    const { status } = await getCluster(trx, tenantId, clusterId)
    if (status !== 'archived') throw new RadixError('JOB_QUEUE_FULL', { cluster_id: clusterId, limit })
    throw new RadixError('CLUSTER_ARCHIVED', { cluster_id: clusterId })
  })
}

/** The same statement reads and locks the cluster, so it sees a concurrent archive. */
async function insertWithin(
  connection: Connection,
  tenantId: string,
  clusterId: string,
  body: LaunchBody,
  limit: number,
): Promise<Job | undefined> {
  const { rows } = await sql<Parameters<typeof toJob>[0]>`
    insert into jobs (job_id, cluster_id, tenant_id, run_id, job_kind, params, timeout_seconds)
    select ${newId('job')}, cluster_id, tenant_id, ${body.run_id ?? null}, ${body.job_kind},
           ${JSON.stringify(body.params)}::jsonb, ${body.timeout_seconds}
    from (select cluster_id, tenant_id from clusters
          where cluster_id = ${clusterId} and tenant_id = ${tenantId} and status <> 'archived'
          for share) as cluster
    where (select count(*) from (select from jobs where cluster_id = ${clusterId} and status = 'queued' limit ${limit})
      as queued) < ${limit}
    returning *`.execute(connection)
  const [row] = rows
  return row && toJob(row)
}

export interface JobFilter {
  status?: JobStatus | undefined
  run_id?: string | undefined
}

export async function listJobs(db: Database, tenantId: string, clusterId: string, page: PageRequest & JobFilter) {
  await getCluster(db, tenantId, clusterId)
  let query = db.selectFrom('jobs').select(SUMMARY_COLUMNS).where('cluster_id', '=', clusterId)
  if (page.status) query = query.where('status', '=', page.status)
  if (page.run_id) query = query.where('run_id', '=', page.run_id)
  const rows = await pageOf(query, 'jobs', 'job_id', page).execute()
  return toPage(rows, page, (row) => row.job_id, toJobSummary)
}

/** Throws `NOT_FOUND`, also for another tenant's and for another cluster's. */
export async function getJob(connection: Connection, { tenantId, clusterId, jobId }: JobAddress): Promise<Job> {
  const row = await connection
    .selectFrom('jobs')
    .selectAll()
    .where('job_id', '=', jobId)
    .where('cluster_id', '=', clusterId)
    .where('tenant_id', '=', tenantId)
    .executeTakeFirst()
  if (!row) throw notFound('job', jobId)
  return toJob(row)
}

/** A queued job is cancelled at once; the agent of one under way learns of it when it renews its lease or reports. */
export async function cancelJob(app: App, address: JobAddress): Promise<Job> {
  await getJob(app.db, address)
  const requested = await transition(app, async ({ connection, moveJobs }) => {
    // The row stays locked: a claim comes before both statements or after them.
    const changed = await connection
      .updateTable('jobs')
      .set({ cancel_requested: true, cancel_requested_at: sql`coalesce(cancel_requested_at, now())` })
      .where('job_id', '=', address.jobId)
      .where('status', 'in', UNFINISHED_JOB_STATUSES)
      .returning('job_id')
      .executeTakeFirst()
    const where = sql`job_id = ${address.jobId} and status = 'queued'`
    await moveJobs('cancelled', { set: sql`finished_at = now()`, where })
    return changed !== undefined
  })
  if (requested) {
    app.bus.publish(`job:${address.jobId}`)
    announce(app, address.tenantId, 'jobs')
  }
  return getJob(app.db, address)
}

export interface EventQuery {
  after_sequence: number
  kind?: JobEvent['kind'] | undefined
  limit: number
}

export async function listJobEvents(db: Database, address: JobAddress, query: EventQuery) {
  await getJob(db, address)
  const items = takeFitting(await readJobEvents(db, address.jobId, query))
  return { items, last_sequence: items.at(-1)?.sequence ?? query.after_sequence }
}

/** Fewer than `limit` where they would be longer than a list may be; none only where there are none. */
export async function readJobEvents(db: Database, jobId: string, query: EventQuery): Promise<JobEvent[]> {
  let next = db
    .selectFrom('job_events')
    .select(['sequence', 'at', 'kind', 'data', sql<string>`octet_length(data::text)`.as('bytes')])
    .where('job_id', '=', jobId)
    .where('sequence', '>', query.after_sequence)
    .orderBy('sequence')
    .limit(query.limit)
  if (query.kind) next = next.where('kind', '=', query.kind)
  const bytesBefore = sql<number>`sum(bytes) over (order by sequence) - bytes`
  const rows = await db
    .with('next', () => next)
    .with('measured', (cte) =>
      cte.selectFrom('next').select(['sequence', 'at', 'kind', 'data', bytesBefore.as('before')]),
    )
    .selectFrom('measured')
    .select(['sequence', 'at', 'kind', 'data'])
    .where('before', '<', LIST_ITEMS_BYTES)
    .orderBy('sequence')
    .execute()
  // Stored data was checked on arrival, by an earlier server perhaps.
  return rows.map((row) => ({ ...row, at: row.at.toISOString(), data: upgradeProgress(row.data) }) as JobEvent)
}
