/**
 * Decides which server runs a benchmark that was started from the dashboard. A claim expires unless it is renewed, so
 * another server takes over the run of a server that died. Each claim has an epoch, and writes of an earlier claim are
 * refused.
 */
import { sql } from 'kysely'
import { JOB_PARAMS } from '../../contract/schemas/workload.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { jobKindOf, type WorkloadName } from '../../workloads/index.ts'
import type { App } from '../app.ts'
import { createWaiter } from '../events/wait-for-wake.ts'
import { IN_ACTIVE_RUN_STATES } from '../store/statements.ts'

export interface BenchmarkRequest {
  runId: string
  tenantId: string
  clusterId: string
  clusterName: string
  subject: string
  workload: WorkloadName
  params: Record<string, unknown>
  trials: number
  ttlMinutes: number
  /** Of the claim. */
  epoch: number
}

/**
 * Waits for a request that no living server works on, and claims it. The oldest comes first; one that another server had
 * begun is claimed also after its deadline, as something of it may be left. Undefined once `signal` aborts.
 */
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

/** Keeps the claim for another `benchmarkClaimMs`. Throws `RUN_TAKEN_OVER` if another server has it by now. */
export async function renewClaim({ db, settings }: App, { runId, epoch }: BenchmarkRequest): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('benchmark_requests')
    .set({ claimed_until: claimEnd(settings.benchmarkClaimMs) })
    .where('run_id', '=', runId)
    .where('claim_epoch', '=', epoch)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) throw takenOver(runId)
}

/** Releases the claim, so that another server continues at once. */
export async function releaseClaim({ db, bus }: App, { runId, epoch }: BenchmarkRequest): Promise<void> {
  await db
    .updateTable('benchmark_requests')
    .set({ claimed_until: null })
    .where('run_id', '=', runId)
    .where('claim_epoch', '=', epoch)
    .execute()
  bus.publish('benchmarks')
}

/** The harness takes it as it takes a refusal over HTTP: trying again does not help. */
export function takenOver(runId: string): RadixError {
  return new RadixError('RUN_TAKEN_OVER', { run_id: runId }, { details: { http_status: 409 } })
}

async function claimNext({ db, settings }: App, worker: string): Promise<BenchmarkRequest | undefined> {
  const { rows } = await sql<Row>`
    with claimed as (
      update benchmark_requests
      set claimed_by = ${worker}, claimed_until = ${claimEnd(settings.benchmarkClaimMs)}, claim_epoch = claim_epoch + 1
      where run_id = (select request.run_id from benchmark_requests as request
                      join runs using (tenant_id, run_id)
                      where (request.claimed_until is null or request.claimed_until < now())
                        and runs.status in ${IN_ACTIVE_RUN_STATES}
                        and (request.claim_epoch > 0 or runs.deadline_at > now())
                      order by request.created_at for update of request skip locked limit 1)
      returning *)
    select claimed.*, clusters.name as cluster_name from claimed join clusters using (cluster_id)`.execute(db)
  return rows[0] && toRequest(rows[0])
}

function claimEnd(durationMs: number) {
  return sql<Date>`now() + make_interval(secs => ${durationMs / 1000})`
}

interface Row {
  run_id: string
  tenant_id: string
  cluster_id: string
  cluster_name: string
  subject: string
  workload: WorkloadName
  params: Record<string, unknown>
  trials: number
  ttl_minutes: number
  claim_epoch: number
}

function toRequest(row: Row): BenchmarkRequest {
  return {
    runId: row.run_id,
    tenantId: row.tenant_id,
    clusterId: row.cluster_id,
    clusterName: row.cluster_name,
    subject: row.subject,
    workload: row.workload,
    params: JOB_PARAMS[jobKindOf(row.workload)].parse(row.params),
    trials: row.trials,
    ttlMinutes: row.ttl_minutes,
    epoch: row.claim_epoch,
  }
}
