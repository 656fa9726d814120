/** What is alive, by two witnesses: the runs that launched machines, and the reapers that look for them by tags alone. */
import { sql } from 'kysely'
import type { AliveMachine, Reaper, ReaperReport } from '../../contract/schemas/machine.ts'
import { toStorableJson } from '../../core/storable.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { App } from '../app.ts'
import type { Database } from '../store/database.ts'
import { announce } from './changes.ts'
import { toIso } from './wire.ts'

const MAXIMUM_MACHINES = 500
/** So far the clock of a reaper may be ahead of the database's. */
const MAXIMUM_AHEAD_MINUTES = 5

/** Machines that their runs have not reported as terminated, the oldest first. */
export async function listAliveMachines(db: Database, tenantId: string): Promise<AliveMachine[]> {
  const rows = await db
    .selectFrom('runs')
    .select(['run_id', 'status', 'provider', 'cluster_name', 'machine', 'deadline_at', 'worst_case_cost_usd'])
    .where('tenant_id', '=', tenantId)
    .where(sql<boolean>`machine->>'state' in ('pending', 'running', 'terminating')`)
    // The machine of a cluster that was there before is not ours to end.
    .where('provider', '<>', 'existing')
    .orderBy('created_at')
    .limit(MAXIMUM_MACHINES)
    .execute()
  return rows.flatMap(({ machine, status, deadline_at, ...row }) =>
    machine ? [{ ...machine, ...row, run_status: status, deadline_at: toIso(deadline_at) }] : [],
  )
}

const COLUMNS = ['name', 'report', 'last_success_at', 'received_at'] as const

/** A sweep that only looked is no success, and does not undo one. Throws `REQUEST_INVALID` for one of the future. */
export async function putReaperReport(app: App, tenantId: string, name: string, report: ReaperReport): Promise<Reaper> {
  const text = toStorableJson(report)
  await refuseFuture(app.db, report.at)
  const isSuccess = report.success && !report.dry_run
  // By the database's clock: a success of the future would hide that the reaper has stopped.
  const succeededAt = isSuccess ? sql<Date>`least(${report.at}::timestamptz, now())` : null
  const row = await app.db
    .insertInto('reapers')
    .values({ tenant_id: tenantId, name, report: text, last_success_at: succeededAt })
    .onConflict((conflict) =>
      conflict.columns(['tenant_id', 'name']).doUpdateSet({
        report: text,
        last_success_at: sql`greatest(reapers.last_success_at, excluded.last_success_at)`,
        received_at: sql`now()`,
      }),
    )
    .returning(COLUMNS)
    .executeTakeFirstOrThrow()
  announce(app, tenantId, 'reapers')
  return toReaper(row)
}

async function refuseFuture(db: Database, at: string): Promise<void> {
  const { rows } = await sql<{ is_ahead: boolean }>`
    select ${at}::timestamptz > now() + make_interval(mins => ${MAXIMUM_AHEAD_MINUTES}) as is_ahead`.execute(db)
  if (!rows[0]?.is_ahead) return
  const message = `body.at: ${at} is more than ${MAXIMUM_AHEAD_MINUTES} minutes in the future. Set the reaper's clock.`
  throw new RadixError('REQUEST_INVALID', { message })
}

export async function listReapers(db: Database, tenantId: string): Promise<Reaper[]> {
  const rows = await db
    .selectFrom('reapers')
    .select(COLUMNS)
    .where('tenant_id', '=', tenantId)
    .orderBy('name')
    .execute()
  return rows.map(toReaper)
}

interface ReaperRow {
  name: string
  report: ReaperReport
  last_success_at: Date | null
  received_at: Date
}

function toReaper({ name, report, last_success_at, received_at }: ReaperRow): Reaper {
  return { ...report, name, last_success_at: toIso(last_success_at), received_at: toIso(received_at) }
}
