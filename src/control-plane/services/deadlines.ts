/** What is over by the clock, whatever its agent or its harness does: jobs past their timeout, runs past their deadline. */
import { sql } from 'kysely'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { JOB_TRANSITIONS, RUN_TRANSITIONS, type RunStatus, statesBefore } from '../../core/transitions.ts'
import type { App } from '../app.ts'
import { jobsMoved, type MovedJob, runsMoved } from './transitions.ts'

const { jobTimeoutGrace, runDeadlineGrace } = CONTROL_PLANE_LIMITS

/**
 * A job whose agent renews its lease past the timeout ends here, and the agent learns by `LEASE_STALE`. Leases of earlier
 * agents last for the timeout anyway. `readySince`: an agent that could not report for want of a server gets the chance to.
 */
export async function endOverdueJobs(app: App, readySince: Date): Promise<void> {
  const { rows } = await sql<MovedJob>`
    update jobs set
      status = case when cancel_requested then 'cancelled' else 'failed' end,
      finished_at = now(),
      error_code = case when cancel_requested then 'WORKLOAD_CANCELLED' else 'WORKLOAD_TIMED_OUT' end,
      error_message = 'The job ran past its timeout of ' || timeout_seconds || ' s, and its agent did not end it.',
      lease_token_hash = null, lease_expires_at = null
    where status in (${sql.join(statesBefore(JOB_TRANSITIONS, 'failed'))}) and not lease_is_legacy
      and greatest(coalesce(started_at, leased_at) + make_interval(secs => timeout_seconds), ${readySince})
        + make_interval(secs => ${jobTimeoutGrace.value / 1000}) < now()
    returning job_id, cluster_id, tenant_id, status`.execute(app.db)
  jobsMoved(app, rows)
}

/**
 * A run whose harness is gone. Nothing here knows what became of its machine: where one may be left, the run ends as
 * `termination_unconfirmed`, which a clean-up still resolves.
 */
export async function endOverdueRuns(app: App, readySince: Date): Promise<void> {
  const unconfirmed: RunStatus = 'termination_unconfirmed'
  const { rows } = await sql<{ tenant_id: string }>`
    update runs set
      status = case when provider = 'existing' or machine->>'state' = 'terminated' then 'failed' else ${unconfirmed} end,
      error_code = case when provider = 'existing' or machine->>'state' = 'terminated' then 'RUN_TTL_EXCEEDED'
        else 'TERMINATION_UNCONFIRMED' end,
      ended_at = now()
    where status in (${sql.join(statesBefore(RUN_TRANSITIONS, unconfirmed))})
      and greatest(deadline_at, ${readySince}) + make_interval(secs => ${runDeadlineGrace.value / 1000}) < now()
    returning tenant_id`.execute(app.db)
  runsMoved(app, rows)
}
