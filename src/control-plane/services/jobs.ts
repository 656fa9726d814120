/** Jobs as users see them: launch, list, read, cancel, read events. */
import { sql } from 'kysely'
import type { z } from 'zod'
import { Job, type JobEvent, type LaunchJobBody } from '../../contract/schemas/job.ts'
import { JOB_PARAMS } from '../../contract/schemas/workload.ts'
import { newId } from '../../core/ids.ts'
import { JOB_TRANSITIONS, type JobStatus, statesBefore } from '../../core/transitions.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { App } from '../app.ts'
import type { Connection, Database } from '../store/database.ts'
import { announce } from './changes.ts'
import { getCluster } from './clusters.ts'
import { runOnce } from './idempotency.ts'
import { type PageRequest, pageOf, toPage } from './pagination.ts'
import { jobsMoved } from './transitions.ts'
import { toJob, toJobSummary } from './wire.ts'

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
  if (!repeated) jobsMoved(app, [answer])
  return answer
}

function parseParams(body: LaunchBody): Record<string, unknown> {
  const parsed = JOB_PARAMS[body.job_kind].safeParse(body.params)
  if (parsed.success) return parsed.data
  const errors = parsed.error.issues.map(({ path, message }) => ({ path: ['params', ...path].join('.'), message }))
  const message = errors.map((error) => `${error.path}: ${error.message}`).join('; ')
  throw new RadixError('JOB_PARAMS_INVALID', { message }, { details: { errors } })
}

/** The cluster is read and locked by the same statement, so that an archive under way is seen. */
async function insertJob(connection: Connection, tenantId: string, clusterId: string, body: LaunchBody): Promise<Job> {
  const { rows } = await sql<Parameters<typeof toJob>[0]>`
    insert into jobs (job_id, cluster_id, tenant_id, run_id, job_kind, params, timeout_seconds)
    select ${newId('job')}, cluster_id, tenant_id, ${body.run_id ?? null}, ${body.job_kind},
           ${JSON.stringify(body.params)}::jsonb, ${body.timeout_seconds}
    from (select cluster_id, tenant_id from clusters
          where cluster_id = ${clusterId} and tenant_id = ${tenantId} and status <> 'archived'
          for share) as cluster
    returning *`.execute(connection)
  const [row] = rows
  if (row) return toJob(row)
  await getCluster(connection, tenantId, clusterId)
  throw new RadixError('CLUSTER_ARCHIVED', { cluster_id: clusterId })
}

const SUMMARY_COLUMNS = [
  ...(['job_id', 'cluster_id', 'tenant_id', 'run_id', 'job_kind', 'params', 'status', 'timeout_seconds'] as const),
  ...(['cancel_requested', 'progress', 'metrics', 'error_message', 'error_code', 'lease_epoch'] as const),
  ...(['created_at', 'leased_at', 'started_at', 'finished_at'] as const),
] as const

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
  if (!row) throw new RadixError('NOT_FOUND', { thing: 'job', id: jobId })
  return toJob(row)
}

/** A queued job is cancelled at once; the agent of one under way learns of it when it renews its lease or reports. */
export async function cancelJob(app: App, address: JobAddress): Promise<Job> {
  await getJob(app.db, address)
  const changed = await app.db
    .updateTable('jobs')
    .set({
      cancel_requested: true,
      status: sql`case when status = 'queued' then 'cancelled' else status end`,
      finished_at: sql`case when status = 'queued' then now() else finished_at end`,
    })
    .where('job_id', '=', address.jobId)
    .where('status', 'in', statesBefore(JOB_TRANSITIONS, 'cancelled'))
    .returning(['job_id', 'cluster_id', 'tenant_id', 'status'])
    .executeTakeFirst()
  if (changed?.status === 'cancelled') jobsMoved(app, [changed])
  else if (changed) {
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
  const items = await readJobEvents(db, address.jobId, query)
  return { items, last_sequence: items.at(-1)?.sequence ?? query.after_sequence }
}

export async function readJobEvents(db: Database, jobId: string, query: EventQuery): Promise<JobEvent[]> {
  let select = db
    .selectFrom('job_events')
    .select(['sequence', 'at', 'kind', 'data'])
    .where('job_id', '=', jobId)
    .where('sequence', '>', query.after_sequence)
    .orderBy('sequence')
    .limit(query.limit)
  if (query.kind) select = select.where('kind', '=', query.kind)
  const rows = await select.execute()
  // What is stored was checked when it came in.
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }) as JobEvent)
}
