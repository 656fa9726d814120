/**
 * Ends what its own agent or harness should have ended: a job past its timeout or cancellation, a run past its
 * deadline. Only the provider can say whether a run's machine is terminated, so such a run becomes
 * `termination_unconfirmed`. Usually nothing is due: a transaction begins only after an indexed look has found
 * something.
 */
import { sql } from 'kysely'
import { CONTROL_PLANE_LIMITS as LIMITS } from '../../core/limits/control-plane.ts'
import type { App } from '../app.ts'
import { findsAny, IN_ACTIVE_RUN_STATES, IN_HELD_JOB_STATES } from '../store/statements.ts'
import { transition } from '../transitions.ts'

/** `readySince`: when this server was ready. An agent that could not report because there was no server gets its time. */
export async function endOverdueJobs(app: App, readySince: Date): Promise<void> {
  const isUnderWay = sql`status in ${IN_HELD_JOB_STATES}`
  const isPastTimeout = sql`not lease_is_legacy
    and greatest(coalesce(started_at, leased_at) + make_interval(secs => timeout_seconds), ${readySince})
      + ${seconds('jobTimeoutGrace')} < now()`
  const isPastCancel = sql`cancel_requested and greatest(cancel_requested_at, ${readySince}) + ${seconds('jobCancelGrace')} < now()`
  if (!(await findsAny(app.db, sql`jobs where ${isUnderWay} and ((${isPastTimeout}) or (${isPastCancel}))`))) return
  await transition(app, async ({ moveJobs }) => {
    const ended = sql`finished_at = now(), lease_token_hash = null, lease_expires_at = null`
    await moveJobs('cancelled', {
      set: sql`${ended}, error_code = 'WORKLOAD_CANCELLED',
        error_message = 'The agent did not end the job after it was asked to.'`,
      where: sql`${isUnderWay} and cancel_requested and ((${isPastCancel}) or (${isPastTimeout}))`,
    })
    await moveJobs('failed', {
      set: sql`${ended}, error_code = 'WORKLOAD_TIMED_OUT',
        error_message = 'The job ran past its timeout of ' || timeout_seconds || ' s, and its agent did not end it.'`,
      where: sql`${isUnderWay} and not cancel_requested and ${isPastTimeout}`,
    })
  })
}

export async function endOverdueRuns(app: App): Promise<void> {
  // The deadline is by the clock of the harness, which may be slow. The index is of the first condition.
  const isOverdue = sql`status in ${IN_ACTIVE_RUN_STATES} and deadline_at < now() - ${seconds('runDeadlineGrace')}
    and created_at < now() - ${seconds('runDeadlineGrace')}`
  if (!(await findsAny(app.db, sql`runs where ${isOverdue}`))) return
  await transition(app, async ({ moveRuns }) => {
    // Once its launch has begun, a machine may exist even if it was not reported.
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
