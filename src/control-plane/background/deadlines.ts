/**
 * Ends what its own agent or harness should have ended: a job past its timeout or its cancellation, a run past its
 * deadline. Whether a run's machine is terminated only its provider can say, so such a run is `termination_unconfirmed`.
 */
import { sql } from 'kysely'
import { CONTROL_PLANE_LIMITS as LIMITS } from '../../core/limits/control-plane.ts'
import type { App } from '../app.ts'
import { transition } from '../services/transitions.ts'

/** `readySince`: when this server was ready. An agent that could not report because there was no server gets its time. */
export async function endOverdueJobs(app: App, readySince: Date): Promise<void> {
  await transition(app, async ({ moveJobs }) => {
    const ended = sql`finished_at = now(), lease_token_hash = null, lease_expires_at = null`
    const isUnderWay = sql`status in ('leased', 'running')`
    const isOverdue = sql`not lease_is_legacy
      and greatest(coalesce(started_at, leased_at) + make_interval(secs => timeout_seconds), ${readySince})
        + ${seconds('jobTimeoutGrace')} < now()`
    await moveJobs('cancelled', {
      set: sql`${ended}, error_code = 'WORKLOAD_CANCELLED',
        error_message = 'The agent did not end the job after it was asked to.'`,
      where: sql`${isUnderWay} and cancel_requested
        and (greatest(cancel_requested_at, ${readySince}) + ${seconds('jobCancelGrace')} < now() or ${isOverdue})`,
    })
    await moveJobs('failed', {
      set: sql`${ended}, error_code = 'WORKLOAD_TIMED_OUT',
        error_message = 'The job ran past its timeout of ' || timeout_seconds || ' s, and its agent did not end it.'`,
      where: sql`${isUnderWay} and not cancel_requested and ${isOverdue}`,
    })
  })
}

export async function endOverdueRuns(app: App): Promise<void> {
  await transition(app, async ({ moveRuns }) => {
    // The deadline is by the clock of the harness, which may be slow.
    const isOverdue = sql`status in ('registered', 'running')
      and greatest(deadline_at, created_at) + ${seconds('runDeadlineGrace')} < now()`
    // A machine that was not reported may be there all the same, once its launch had begun.
    const mayHaveMachine = sql`(case when machine->>'state' is not null then machine->>'state' <> 'terminated'
      else provider <> 'existing' and exists (select from jsonb_array_elements(steps) as step
        where step->>'name' = 'launch-machine' and step->>'status' not in ('pending', 'skipped')) end)`
    const set = sql`ended_at = now(), cancel_requested = true, error_code = coalesce(error_code, 'RUN_TTL_EXCEEDED')`
    await moveRuns('termination_unconfirmed', { set, where: sql`${isOverdue} and ${mayHaveMachine}` })
    await moveRuns('failed', { set, where: sql`${isOverdue} and not ${mayHaveMachine}` })
  })
}

function seconds(limit: 'jobTimeoutGrace' | 'jobCancelGrace' | 'runDeadlineGrace') {
  return sql`make_interval(secs => ${LIMITS[limit].value / 1000})`
}
