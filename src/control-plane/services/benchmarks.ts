/**
 * Benchmarks by a click: a run on a cluster that is there, asked for here and worked off by the harness beside a server,
 * with a token for that run and that cluster.
 */
import { sql } from 'kysely'
import type { z } from 'zod'
import { Run, type StartBenchmarkBody } from '../../contract/schemas/run.ts'
import { Resnet50Params } from '../../contract/schemas/workload.ts'
import { newId } from '../../core/ids.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { toStorableJson } from '../../core/storable.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { App } from '../app.ts'
import type { UserIdentity } from '../auth/identity.ts'
import { createWaiter } from '../events/wait-for-wake.ts'
import type { Connection } from '../store/database.ts'
import { announce } from './changes.ts'
import { getCluster } from './clusters.ts'
import { runOnce } from './idempotency.ts'
import { insertRunToken } from './run-tokens.ts'
import { getRun } from './runs.ts'

type Body = z.output<typeof StartBenchmarkBody>

export interface BenchmarkRequest {
  runId: string
  tenantId: string
  clusterId: string
  clusterName: string
  subject: string
  params: Record<string, unknown>
  trials: number
  ttlMinutes: number
}

const ACTIVE = ['registered', 'running'] as const

/** Throws `NOT_FOUND`, `CLUSTER_NOT_USABLE` for a cluster that is not active, or `BENCHMARK_QUEUE_FULL`. */
export async function startBenchmark(
  app: App,
  { tenantId, subject }: UserIdentity,
  clusterId: string,
  body: Body,
  idempotencyKey: string | undefined,
): Promise<Run> {
  const request = { tenantId, route: `startBenchmark ${clusterId}`, key: idempotencyKey, body }
  const { answer } = await runOnce(app.db, request, Run, async (connection) => {
    const { status, name } = await getCluster(connection, tenantId, clusterId)
    if (status !== 'active') throw new RadixError('CLUSTER_NOT_USABLE', { cluster_id: clusterId, status })
    await requireRoom(connection, tenantId)
    const runId = newId('run')
    await insertRun(connection, { tenantId, runId, clusterId, name, body })
    await connection
      .insertInto('benchmark_requests')
      .values({
        run_id: runId,
        tenant_id: tenantId,
        cluster_id: clusterId,
        subject,
        params: toStorableJson(body.params),
        trials: body.trials,
        ttl_minutes: body.ttl_minutes,
      })
      .execute()
    return getRun(connection, { tenantId, runId })
  })
  app.bus.publish('benchmarks')
  announce(app, tenantId, 'runs')
  return answer
}

/** Clicks are cheap and runs are not. Of several clicks at one moment, a few more than the limit may be taken. */
async function requireRoom(connection: Connection, tenantId: string): Promise<void> {
  const { count } = await connection
    .selectFrom('benchmark_requests as request')
    .innerJoin('runs as run', (join) =>
      join.onRef('run.run_id', '=', 'request.run_id').onRef('run.tenant_id', '=', 'request.tenant_id'),
    )
    .select(({ fn }) => fn.countAll().as('count'))
    .where('request.tenant_id', '=', tenantId)
    .where('run.status', 'in', ACTIVE)
    .where('run.deadline_at', '>', sql<Date>`now()`)
    .executeTakeFirstOrThrow()
  if (Number(count) < CONTROL_PLANE_LIMITS.queuedBenchmarks.value) return
  throw new RadixError('BENCHMARK_QUEUE_FULL', { count: Number(count) })
}

/** As the harness would register it; it then finds its run there. */
async function insertRun(
  connection: Connection,
  {
    tenantId,
    runId,
    clusterId,
    name,
    body,
  }: { tenantId: string; runId: string; clusterId: string; name: string; body: Body },
): Promise<void> {
  await connection
    .insertInto('runs')
    .values({
      tenant_id: tenantId,
      run_id: runId,
      provider: 'existing',
      cluster_name: name,
      cluster_id: clusterId,
      parameters: toStorableJson({ ...body.params, trials: body.trials }),
      labels: '{}',
      steps: '[]',
      machine: 'null',
      deadline_at: sql<Date>`now() + make_interval(secs => ${body.ttl_minutes * 60})`,
      worst_case_cost_usd: null,
    })
    .execute()
}

/** Waits for a request and claims it, so that of several servers one works it off. Undefined once `signal` aborts. */
export async function claimBenchmark(
  app: App,
  worker: string,
  signal: AbortSignal,
): Promise<BenchmarkRequest | undefined> {
  const waiter = createWaiter(app.bus, 'benchmarks')
  try {
    while (!signal.aborted) {
      const claimed = await claimNext(app, worker)
      if (claimed) return claimed
      await waiter.wait(app.settings.pollRecheckMs, signal)
    }
    return undefined
  } finally {
    waiter.close()
  }
}

/** What this worker had claimed when it was ended, and is not over. */
export async function listUnfinishedBenchmarks({ db }: App, worker: string): Promise<BenchmarkRequest[]> {
  const rows = await db
    .selectFrom('benchmark_requests as request')
    .innerJoin('runs as run', (join) =>
      join.onRef('run.run_id', '=', 'request.run_id').onRef('run.tenant_id', '=', 'request.tenant_id'),
    )
    .innerJoin('clusters as cluster', 'cluster.cluster_id', 'request.cluster_id')
    .selectAll('request')
    .select('cluster.name as cluster_name')
    .where('request.claimed_by', '=', worker)
    .where('run.status', 'in', ACTIVE)
    .execute()
  return rows.map(toRequest)
}

/** A user token for this run and its cluster. */
export async function issueBenchmarkToken({ db }: App, { runId, tenantId, clusterId, subject }: BenchmarkRequest) {
  const { token, expiresAt } = await insertRunToken(db, { runId, tenantId, clusterId, subject })
  return { token, expiresAt }
}

async function claimNext({ db }: App, worker: string): Promise<BenchmarkRequest | undefined> {
  const { rows } = await sql<Parameters<typeof toRequest>[0]>`
    with claimed as (
      update benchmark_requests set claimed_by = ${worker}
      where run_id = (select request.run_id from benchmark_requests as request
                      join runs using (tenant_id, run_id)
                      where request.claimed_by is null and runs.deadline_at > now()
                      order by request.created_at for update of request skip locked limit 1)
      returning *)
    select claimed.*, clusters.name as cluster_name from claimed join clusters using (cluster_id)`.execute(db)
  return rows[0] && toRequest(rows[0])
}

interface Row {
  run_id: string
  tenant_id: string
  cluster_id: string
  cluster_name: string
  subject: string
  params: Record<string, unknown>
  trials: number
  ttl_minutes: number
}

function toRequest(row: Row): BenchmarkRequest {
  return {
    runId: row.run_id,
    tenantId: row.tenant_id,
    clusterId: row.cluster_id,
    clusterName: row.cluster_name,
    subject: row.subject,
    params: Resnet50Params.parse(row.params),
    trials: row.trials,
    ttlMinutes: row.ttl_minutes,
  }
}
