/** What is kept for a time only: events of jobs that have ended, and tokens that open nothing any more. */
import { sql } from 'kysely'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import type { Database } from '../store/database.ts'

const { jobEventAge, deadTokenAge, retentionBatch } = CONTROL_PLANE_LIMITS

/** The result of a job stays; its log, progress and GPU samples go. One batch at a time, so that no statement is long. */
export async function deleteOldJobEvents(db: Database): Promise<void> {
  for (;;) {
    const { numAffectedRows = 0n } = await sql`
      delete from job_events where ctid = any(array(
        select job_events.ctid from job_events join jobs using (job_id)
        where jobs.finished_at < now() - make_interval(secs => ${jobEventAge.value / 1000})
        limit ${retentionBatch.value}))`.execute(db)
    if (numAffectedRows < retentionBatch.value) return
  }
}

export async function deleteDeadTokens(db: Database): Promise<void> {
  const age = sql`make_interval(secs => ${deadTokenAge.value / 1000})`
  await sql`delete from onboarding_tokens where least(expires_at, revoked_at) < now() - ${age}`.execute(db)
  await sql`delete from cluster_tokens where revoked_at < now() - ${age}`.execute(db)
}
