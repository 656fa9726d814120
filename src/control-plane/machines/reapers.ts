/** Reports of reapers, which find leftovers by tags only, combined with what the runs say about the same machines. */
import { sql } from 'kysely'
import type { ReapedThing, Reaper, ReaperReport, SeenThing, StoredReport } from '../../contract/schemas/machine.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { toStorableJson } from '../../core/storable.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { App } from '../app.ts'
import { announce } from '../events/changes.ts'
import type { Database } from '../store/database.ts'
import { LIST_ITEMS_BYTES, measureJson, takeFitting } from '../store/pagination.ts'
import { toIso } from '../store/wire.ts'

const COLUMNS = ['name', 'report', 'last_success_at', 'received_at'] as const

/** A sweep that only looked is no success, and does not undo one. Throws `REQUEST_INVALID` for one of the future. */
export async function putReaperReport(app: App, tenantId: string, name: string, report: ReaperReport): Promise<Reaper> {
  const text = toStorableJson(shorten(report, CONTROL_PLANE_LIMITS.reaperReport.value))
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
  await forgetOldest(app.db, tenantId)
  announce(app, tenantId, 'reapers')
  return toReaper(row, await findRuns(app.db, tenantId, [row]))
}

async function refuseFuture(db: Database, at: string): Promise<void> {
  const minutes = CONTROL_PLANE_LIMITS.reaperClockAhead.value / 60_000
  const { rows } = await sql<{ is_ahead: boolean }>`
    select ${at}::timestamptz > now() + make_interval(mins => ${minutes}) as is_ahead`.execute(db)
  if (!rows[0]?.is_ahead) return
  const message = `body.at: ${at} is more than ${minutes} minutes in the future. Set the reaper's clock.`
  throw new RadixError('REQUEST_INVALID', { message })
}

/** A name that is another one each time must not fill the table. */
async function forgetOldest(db: Database, tenantId: string): Promise<void> {
  const newest = db
    .selectFrom('reapers')
    .select('name')
    .where('tenant_id', '=', tenantId)
    .orderBy('received_at', 'desc')
    .orderBy('name')
    .limit(CONTROL_PLANE_LIMITS.reapers.value)
  await db.deleteFrom('reapers').where('tenant_id', '=', tenantId).where('name', 'not in', newest).execute()
}

export async function listReapers(db: Database, tenantId: string): Promise<Reaper[]> {
  const rows = await db
    .selectFrom('reapers')
    .select(COLUMNS)
    .where('tenant_id', '=', tenantId)
    .orderBy('name')
    .execute()
  const runs = await findRuns(db, tenantId, rows)
  return shareList(rows.map((row) => toReaper(row, runs)))
}

/** Each has an equal share of the list's size, plus what smaller ones leave unused. Urgent entries come first. */
function shareList(reapers: readonly Reaper[]): Reaper[] {
  const sized = reapers.map((reaper) => ({ reaper, bytes: measureJson(reaper) }))
  let leftBytes = LIST_ITEMS_BYTES
  let leftReapers = reapers.length
  const smallestFirst = sized.toSorted((first, second) => first.bytes - second.bytes)
  const shortened = smallestFirst.map(({ reaper }) => {
    const shown = shorten(reaper, leftBytes / leftReapers--)
    leftBytes -= measureJson(shown)
    return shown
  })
  return shortened.toSorted((first, second) => (first.name < second.name ? -1 : 1))
}

function shorten<T extends StoredReport | Reaper>(report: T, bytes: number): T {
  if (measureJson(report) <= bytes) return report
  const { left_out: before = { things: 0, unseen: 0 } } = report
  const freeBytes = bytes - measureJson({ ...report, things: [], unseen: [], left_out: before })
  const unseen = takeFitting(report.unseen, freeBytes / 4)
  const things = takeFitting(report.things.toSorted(bySeverity), freeBytes - measureJson(unseen))
  const left_out = {
    things: before.things + report.things.length - things.length,
    unseen: before.unseen + report.unseen.length - unseen.length,
  }
  return { ...report, things, unseen, left_out }
}

/** Resources that should be gone but still exist come first, then kept ones, then removed ones. */
function bySeverity(first: ReapedThing | SeenThing, second: ReapedThing | SeenThing): number {
  return rankOutcome(first) - rankOutcome(second)
}

function rankOutcome(thing: ReapedThing | SeenThing): number {
  const isGone = thing.outcome === 'removed' || ('gone_at' in thing && thing.gone_at !== null)
  if (isGone) return 2
  return thing.outcome === 'kept' ? 1 : 0
}

/** One that is not known is forgotten already. */
export async function forgetReaper(app: App, tenantId: string, name: string): Promise<undefined> {
  await app.db.deleteFrom('reapers').where('tenant_id', '=', tenantId).where('name', '=', name).execute()
  announce(app, tenantId, 'reapers')
}

interface ReaperRow {
  name: string
  report: StoredReport
  last_success_at: Date | null
  received_at: Date
}

/** Run ids with the machine of each, as the run says. */
type Runs = Awaited<ReturnType<typeof findRuns>>

/** The runs of all the things at once: a thing is tagged with the run that made it. */
async function findRuns(db: Database, tenantId: string, reapers: ReaperRow[]) {
  const runIds = new Set(reapers.flatMap(({ report }) => report.things.map(({ run_id }) => run_id)))
  if (runIds.size === 0) return new Map<string, null>()
  const rows = await db
    .selectFrom('runs')
    .select(['run_id', 'machine'])
    .where('tenant_id', '=', tenantId)
    .where(sql<boolean>`run_id = any(${[...runIds]}::text[])`)
    .execute()
  return new Map(rows.map(({ run_id, machine }) => [run_id, machine]))
}

function toReaper({ name, report, last_success_at, received_at }: ReaperRow, runs: Runs): Reaper {
  return {
    ...report,
    name,
    things: report.things.map((thing) => toSeenThing(thing, report.at, runs)),
    last_success_at: toIso(last_success_at),
    received_at: toIso(received_at),
  }
}

function toSeenThing(thing: ReapedThing, sweptAt: string, runs: Runs): SeenThing {
  const machine = runs.get(thing.run_id)
  const endedAt = machine?.machine_id === thing.id && machine.state === 'terminated' ? machine.terminated_at : null
  const isSince = endedAt !== null && Date.parse(endedAt) >= Date.parse(sweptAt)
  return { ...thing, gone_at: isSince ? endedAt : null, run_is_known: runs.has(thing.run_id) }
}
