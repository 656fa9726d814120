/** Deletes what is only of use for a while, a bounded number of rows at a time. Clusters, jobs, runs and evidence stay. */
import { type RawBuilder, sql } from 'kysely'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import type { App } from '../app.ts'

export async function deleteOld(app: App): Promise<void> {
  const before = sql`now() - make_interval(days => ${app.settings.retentionDays})`
  await deleteRows(app, 'job_events', sql`job_id in (select job_id from jobs where finished_at < ${before})`)
  // A deleted token is refused like a used one.
  await deleteRows(app, 'onboarding_tokens', sql`least(expires_at, used_at, revoked_at) < ${before}`)
  await deleteRows(app, 'cluster_tokens', sql`revoked_at < ${before}`)
  const endedRuns = sql`run_id in (select run_id from runs where ended_at < ${before}
    and status in ('succeeded', 'failed', 'cancelled'))`
  await deleteRows(app, 'run_journals', endedRuns)
  await deleteRows(app, 'run_journal_facts', endedRuns)
}

type Table = 'job_events' | 'onboarding_tokens' | 'cluster_tokens' | 'run_journals' | 'run_journal_facts'

async function deleteRows({ db }: App, table: Table, where: RawBuilder<unknown>): Promise<void> {
  const name = sql.table(table)
  await sql`delete from ${name} where ctid in
    (select ctid from ${name} where ${where} limit ${CONTROL_PLANE_LIMITS.deletedAtOnce.value})`.execute(db)
}
