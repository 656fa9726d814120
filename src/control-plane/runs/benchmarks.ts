/**
 * Benchmarks from the dashboard: a run on an existing cluster, started here and carried out by the harness beside a
 * server, with a token for that run and that cluster.
 */
import { sql } from 'kysely'
import type { z } from 'zod'
import { Run, type StartBenchmarkBody } from '../../contract/schemas/run.ts'
import { newId } from '../../core/ids.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { toStorableJson } from '../../core/storable.ts'
import { ACTIVE_RUN_STATUSES } from '../../core/transitions.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { jobKindOf } from '../../workloads/index.ts'
import type { App } from '../app.ts'
import type { UserIdentity } from '../auth/identity.ts'
import { insertRunToken } from '../auth/run-tokens.ts'
import { getCluster } from '../clusters/clusters.ts'
import { announce } from '../events/changes.ts'
import type { Connection } from '../store/database.ts'
import { runOnce } from '../store/idempotency.ts'
import { holdLock, inTransaction } from '../store/statements.ts'
import type { BenchmarkRequest } from './benchmark-claims.ts'
import { getRun } from './runs.ts'

type Body = z.output<typeof StartBenchmarkBody>

/** Throws `NOT_FOUND`, `CLUSTER_WAITS_FOR_AGENT` or `CLUSTER_NOT_USABLE` for a cluster that is not active, or `BENCHMARK_QUEUE_FULL`. */
export async function startBenchmark(
  app: App,
  { tenantId, subject }: UserIdentity,
  clusterId: string,
  body: Body,
  idempotencyKey: string | undefined,
): Promise<Run> {
  const request = { tenantId, route: `startBenchmark ${clusterId}`, key: idempotencyKey, body }
  const insert = async (connection: Connection) => {
    const { status, name } = await getCluster(connection, tenantId, clusterId)
    if (status === 'pending') throw new RadixError('CLUSTER_WAITS_FOR_AGENT', { cluster_id: clusterId })
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
        workload: body.workload,
        params: toStorableJson(body.params),
        trials: body.trials,
        ttl_minutes: body.ttl_minutes,
      })
      .execute()
    return getRun(connection, { tenantId, runId })
  }
  const { answer } = await runOnce(app.db, request, Run, (connection) => inTransaction(connection, insert))
  app.bus.publish('benchmarks')
  announce(app, tenantId, 'runs')
  return answer
}

/** Clicks are cheap and runs are not. Clicks at one moment are counted one after another, until each has its run. */
async function requireRoom(connection: Connection, tenantId: string): Promise<void> {
  await holdLock(connection, `benchmark queue ${tenantId}`)
  const { count } = await connection
    .selectFrom('benchmark_requests as request')
    .innerJoin('runs as run', (join) =>
      join.onRef('run.run_id', '=', 'request.run_id').onRef('run.tenant_id', '=', 'request.tenant_id'),
    )
    .select(({ fn }) => fn.countAll().as('count'))
    .where('request.tenant_id', '=', tenantId)
    .where('run.status', 'in', ACTIVE_RUN_STATUSES)
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
      parameters: toStorableJson({ job_kind: jobKindOf(body.workload), ...body.params, trials: body.trials }),
      labels: '{}',
      steps: '[]',
      machine: 'null',
      deadline_at: sql<Date>`now() + make_interval(secs => ${body.ttl_minutes * 60})`,
      worst_case_cost_usd: null,
    })
    .execute()
}

/** A user token for this run and its cluster. */
export async function issueBenchmarkToken({ db }: App, { runId, tenantId, clusterId, subject }: BenchmarkRequest) {
  const { token, expiresAt } = await insertRunToken(db, { runId, tenantId, clusterId, subject, role: 'operator' })
  return { token, expiresAt }
}
