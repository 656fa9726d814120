/** Runs: registered before anything is billed, reported while they are in progress, ended once. */
import { sql } from 'kysely'
import type { z } from 'zod'
import type { RegisterRunBody, Run, UpdateRunBody } from '../../contract/schemas/run.ts'
import { toStorableJson } from '../../core/storable.ts'
import { ACTIVE_RUN_STATUSES, isFinal, RUN_TRANSITIONS, type RunStatus } from '../../core/transitions.ts'
import { notFound } from '../../errors/not-found.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { DEFAULT_WORKLOAD, jobKindOf, type WorkloadName } from '../../workloads/index.ts'
import type { App } from '../app.ts'
import type { UserIdentity } from '../auth/identity.ts'
import { lockBudget, requireBudget } from '../budgets/budgets.ts'
import { announce } from '../events/changes.ts'
import type { Connection, Database } from '../store/database.ts'
import { type PageRequest, pageOf, toPage } from '../store/pagination.ts'
import { inTransaction } from '../store/statements.ts'
import { RUN_SUMMARY_COLUMNS, toRun, toRunSummary } from '../store/wire.ts'
import { type Mover, transition } from '../transitions.ts'

export interface RunAddress {
  tenantId: string
  runId: string
}

/**
 * Registering again returns the existing run: the id belongs to the tenant, and comes from the harness. Throws
 * `BUDGET_EXCEEDED` or `BUDGET_PRICE_UNKNOWN`.
 */
export async function registerRun(app: App, tenantId: string, body: z.output<typeof RegisterRunBody>): Promise<Run> {
  const address = { tenantId, runId: body.run_id }
  await inTransaction(app.db, async (trx) => {
    // Locked first: a repeated request then finds the run that the first one registers.
    await lockBudget(trx, tenantId, body)
    if (await exists(trx, address)) return
    await requireBudget(trx, tenantId, body)
    await trx
      .insertInto('runs')
      .values({
        tenant_id: tenantId,
        run_id: body.run_id,
        provider: body.provider,
        cluster_name: body.cluster_name,
        parameters: toStorableJson(body.parameters),
        labels: toStorableJson(body.labels),
        steps: '[]',
        machine: 'null',
        deadline_at: new Date(body.deadline_at),
        worst_case_cost_usd: body.worst_case_cost_usd,
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  })
  announce(app, tenantId, 'runs')
  return getRun(app.db, address)
}

async function exists(connection: Connection, { tenantId, runId }: RunAddress): Promise<boolean> {
  const run = connection
    .selectFrom('runs')
    .select('run_id')
    .where('tenant_id', '=', tenantId)
    .where('run_id', '=', runId)
  return (await run.executeTakeFirst()) !== undefined
}

/** The token of a run sees only that run. */
export async function listRuns(
  db: Database,
  { tenantId, runId }: Pick<UserIdentity, 'tenantId' | 'runId'>,
  page: PageRequest & RunFilter,
) {
  let query = selectSummaries(db).where('runs.tenant_id', '=', tenantId)
  if (runId !== null) query = query.where('runs.run_id', '=', runId)
  if (page.status) query = query.where('runs.status', '=', page.status)
  if (page.verdict) query = query.where('measurements.verdict', '=', page.verdict)
  if (page.provider) query = query.where('runs.provider', '=', page.provider)
  if (page.workload) query = query.where(ranWorkload(page.workload))
  if (page.recipe) query = query.where(sql<boolean>`runs.parameters->>'recipe' = ${page.recipe}`)
  if (page.search) query = query.where(saysAnywhere(page.search))
  const rows = await pageOf(query, 'runs', 'run_id', page).execute()
  return toPage(rows, page, (row) => row.run_id, toRunSummary)
}

export interface RunFilter {
  status?: RunStatus | undefined
  verdict?: Run['verdict'] | undefined
  provider?: Run['provider'] | undefined
  workload?: WorkloadName | undefined
  recipe?: string | undefined
  search?: string | undefined
}

/** A run that an earlier server started names no job kind: there was one. */
function ranWorkload(name: WorkloadName) {
  return sql<boolean>`coalesce(runs.parameters->>'job_kind', ${jobKindOf(DEFAULT_WORKLOAD)}) = ${jobKindOf(name)}`
}

/** In the text that a list shows for a run. */
function saysAnywhere(text: string) {
  const shown = sql`concat_ws(' ', runs.run_id, runs.cluster_name, runs.machine->>'instance_type', runs.machine->>'machine_id',
    measurements.instance_type, measurements.device_name)`
  return sql<boolean>`position(lower(${text}) in lower(${shown})) > 0`
}

export async function getRun(connection: Connection, address: RunAddress): Promise<Run> {
  const row = await selectSummaries(connection)
    .select('runs.steps')
    .where('runs.tenant_id', '=', address.tenantId)
    .where('runs.run_id', '=', address.runId)
    .executeTakeFirst()
  if (!row) throw notFound('run', address.runId)
  return toRun(row)
}

/**
 * Absent members stay unchanged, and an ended run does not change. Throws `RUN_TRANSITION_INVALID` for a status that
 * may not follow.
 */
export async function updateRun(app: App, address: RunAddress, body: z.output<typeof UpdateRunBody>): Promise<Run> {
  const run = await transition(app, async (mover) => {
    const { connection: trx } = mover
    const current = await lockRun(trx, address)
    const { steps, machine, status, ...plain } = body
    if (status && status !== current) await moveRun(mover, address, current, status)
    // An ended run is immutable: a late or repeated report gets the run unchanged.
    if (isFinal(RUN_TRANSITIONS, current)) return getRun(trx, address)
    const changes = {
      ...Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== undefined)),
      ...(steps ? { steps: toStorableJson(steps) } : {}),
      ...(machine === undefined ? {} : { machine: toStorableJson(machine) }),
    }
    if (Object.keys(changes).length > 0) {
      await trx
        .updateTable('runs')
        .set(changes)
        .where('tenant_id', '=', address.tenantId)
        .where('run_id', '=', address.runId)
        .execute()
    }
    return getRun(trx, address)
  })
  announce(app, address.tenantId, 'runs')
  return run
}

/** An ended run does not change. */
export async function cancelRun(app: App, address: RunAddress): Promise<Run> {
  await app.db
    .updateTable('runs')
    .set({ cancel_requested: true })
    .where('tenant_id', '=', address.tenantId)
    .where('run_id', '=', address.runId)
    .where('status', 'in', ACTIVE_RUN_STATUSES)
    .execute()
  announce(app, address.tenantId, 'runs')
  return getRun(app.db, address)
}

/** The row is locked, so zero updated rows mean that the map forbids the transition. */
async function moveRun(mover: Mover, { tenantId, runId }: RunAddress, from: RunStatus, to: RunStatus): Promise<void> {
  const ends = !ACTIVE_RUN_STATUSES.includes(to)
  const moved = await mover.moveRuns(to, {
    where: sql`tenant_id = ${tenantId} and run_id = ${runId}`,
    ...(ends ? { set: sql`ended_at = coalesce(ended_at, now())` } : {}),
  })
  if (moved.length === 0) throw new RadixError('RUN_TRANSITION_INVALID', { run_id: runId, from, to })
}

/** Its status, held until the transaction ends. Throws `NOT_FOUND`. */
export async function lockRun(connection: Connection, address: RunAddress): Promise<RunStatus> {
  const row = await connection
    .selectFrom('runs')
    .select('status')
    .where('tenant_id', '=', address.tenantId)
    .where('run_id', '=', address.runId)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw notFound('run', address.runId)
  return row.status
}

function selectSummaries(connection: Connection) {
  return connection
    .selectFrom('runs')
    .leftJoin('measurements', (join) =>
      join.onRef('measurements.tenant_id', '=', 'runs.tenant_id').onRef('measurements.run_id', '=', 'runs.run_id'),
    )
    .select(RUN_SUMMARY_COLUMNS)
    .select((eb) => [
      'measurements.verdict',
      'measurements.throughput',
      'measurements.throughput_unit',
      'measurements.duration_seconds',
      'measurements.trials',
      'measurements.throughput_low',
      'measurements.throughput_high',
      'measurements.work_per_usd',
      'measurements.machine_usd',
      'measurements.recipe',
      'measurements.device_name',
      'measurements.instance_type',
      eb
        .exists(
          eb
            .selectFrom('run_evidence')
            .select('run_evidence.run_id')
            .whereRef('run_evidence.tenant_id', '=', 'runs.tenant_id')
            .whereRef('run_evidence.run_id', '=', 'runs.run_id'),
        )
        .$castTo<boolean>()
        .as('has_evidence'),
    ])
}
