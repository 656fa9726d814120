/**
 * Deletes records that are useful only for a while, in batches with pauses, until nothing is due or the sweep has
 * reached its time limit. Clusters, jobs, runs and evidence stay. Replicas may sweep at once: each skips rows that
 * another has locked.
 */
import { type RawBuilder, sql } from 'kysely'
import { type Clock, systemClock } from '../../core/clock.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import type { App } from '../app.ts'
import type { Schema } from '../store/database.ts'
import { IN_FINAL_RUN_STATES } from '../store/statements.ts'

interface Rule {
  table: keyof Schema
  isDue: RawBuilder<unknown>
}

export interface RetentionSweep {
  clock?: Clock
  signal?: AbortSignal
  rowsAtOnce?: number
}

export async function deleteOld(app: App, options: RetentionSweep = {}): Promise<void> {
  const { clock = systemClock, signal } = options
  const rowsAtOnce = options.rowsAtOnce ?? CONTROL_PLANE_LIMITS.deletedAtOnce.value
  const endMs = clock.monotonicMs() + CONTROL_PLANE_LIMITS.retentionSweep.value
  for (const rule of listRules(app)) {
    let isDone = false
    while (!isDone && !signal?.aborted && clock.monotonicMs() < endMs) {
      const begunMs = clock.monotonicMs()
      const deleted = await deleteBatch(app, rule, rowsAtOnce)
      app.metrics.retentionDeletedRows.inc({ table: rule.table }, deleted)
      isDone = deleted < rowsAtOnce
      // Requests have the database for half of the time at least.
      if (!isDone) await clock.sleep(clock.monotonicMs() - begunMs, signal).catch(() => {})
    }
    if (signal?.aborted) return
    // Rows that another replica held were skipped: only a look tells what is left.
    app.metrics.retentionDueRows.set({ table: rule.table }, await countDue(app, rule))
  }
}

function listRules({ settings }: App): Rule[] {
  const before = sql`now() - make_interval(days => ${settings.retentionDays})`
  const isOfEndedRun = sql`run_id in (select run_id from runs where ended_at < ${before}
    and status in ${IN_FINAL_RUN_STATES})`
  // For clocks that differ: until then a token is refused by its own expiry, and a GitHub token that was used, as used.
  const hasExpired = sql`expires_at < now() - interval '1 hour'`
  const idempotencyMs = CONTROL_PLANE_LIMITS.idempotencyKeyAge.value
  return [
    { table: 'job_events', isDue: sql`job_id in (select job_id from jobs where finished_at < ${before})` },
    // A deleted token is refused like a used one.
    { table: 'onboarding_tokens', isDue: sql`least(expires_at, used_at, revoked_at) < ${before}` },
    { table: 'cluster_tokens', isDue: sql`revoked_at < ${before}` },
    { table: 'run_journals', isDue: isOfEndedRun },
    { table: 'run_journal_facts', isDue: isOfEndedRun },
    { table: 'idempotency_keys', isDue: sql`created_at < now() - make_interval(secs => ${idempotencyMs / 1000})` },
    { table: 'audit_events', isDue: sql`created_at < now() - make_interval(days => ${settings.auditRetentionDays})` },
    { table: 'webhook_deliveries', isDue: sql`status <> 'pending' and created_at < ${before}` },
    { table: 'members', isDue: sql`role is null and last_seen_at < ${before}` },
    { table: 'run_tokens', isDue: hasExpired },
    { table: 'used_github_tokens', isDue: hasExpired },
    { table: 'sessions', isDue: hasExpired },
    { table: 'sign_in_links', isDue: hasExpired },
    { table: 'sign_ins', isDue: hasExpired },
  ]
}

async function deleteBatch({ db }: App, { table, isDue }: Rule, rowsAtOnce: number): Promise<number> {
  const name = sql.table(table)
  const { numAffectedRows } = await sql`delete from ${name} where ctid = any(array(
    select ctid from ${name} where ${isDue} limit ${rowsAtOnce} for update skip locked))`.execute(db)
  return Number(numAffectedRows ?? 0)
}

/** Up to a number above which the exact one does not matter. */
async function countDue({ db }: App, { table, isDue }: Rule): Promise<number> {
  const { rows } = await sql<{ due: string }>`select count(*) as due from
    (select from ${sql.table(table)} where ${isDue} limit ${CONTROL_PLANE_LIMITS.countedDueRows.value}) as due`.execute(
    db,
  )
  return Number(rows[0]?.due ?? 0)
}
