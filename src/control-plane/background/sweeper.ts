/**
 * What time alone decides: leases that ran out, clusters that went silent, keys that are old. Every statement changes
 * only what is due, so that several replicas may sweep at once.
 */
import { sql } from 'kysely'
import type { App } from '../app.ts'
import { expireLeases } from '../services/dispatch.ts'
import { deleteExpiredTokens } from '../services/run-tokens.ts'
import { deleteOldSessions } from '../services/sessions.ts'
import { transitionAtOnce } from '../services/transitions.ts'
import { IN_HELD_JOB_STATES } from '../store/statements.ts'
import { endOverdueJobs, endOverdueRuns } from './deadlines.ts'
import { deleteOld } from './retention.ts'

const MISSED_HEARTBEATS = 3
/** Agents that declare no interval are earlier ones: they beat at best every minute. */
const UNDECLARED_INTERVAL_SECONDS = 60
const IDEMPOTENCY_KEY_HOURS = 24
const SLOW_SWEEP_EVERY = 600

export interface Sweeper {
  /** Ends after the sweep under way. */
  close(): Promise<void>
}

export function startSweeper(app: App): Sweeper {
  const abort = new AbortController()
  const running = sweepUntilClosed(app, abort.signal)
  return {
    close: () => {
      abort.abort()
      return running
    },
  }
}

/** One look at everything. `readySince`: when this server was ready; silence before that is its own. */
export async function sweep(app: App, readySince: Date): Promise<void> {
  await expireLeases(app, new Date(readySince.getTime() + app.settings.jobLeaseMs))
  await markUnreachable(app, readySince)
  await endOverdueJobs(app, readySince)
  await endOverdueRuns(app)
}

async function sweepUntilClosed(app: App, signal: AbortSignal): Promise<void> {
  let readySince: Date | undefined
  for (let round = 0; !signal.aborted; round++) {
    try {
      readySince ??= await readDatabaseTime(app)
      await sweep(app, readySince)
      if (round % SLOW_SWEEP_EVERY === 0) {
        await deleteOldIdempotencyKeys(app)
        await deleteExpiredTokens(app.db)
        await deleteOldSessions(app.db)
        await deleteOld(app)
      }
    } catch (error) {
      app.logger.error({ err: error }, 'a sweep failed; the next one tries again')
    }
    await waitUnlessAborted(app.settings.sweepIntervalMs, signal)
  }
}

function waitUnlessAborted(durationMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, durationMs)
    signal.addEventListener('abort', end)
  })
}

async function readDatabaseTime(app: App): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select now()`.execute(app.db)
  return rows[0]?.now ?? new Date()
}

/** An earlier agent does not beat while a job runs: its lease counts as a sign of life, and so does its result. */
async function markUnreachable(app: App, readySince: Date): Promise<void> {
  const isSilent = sql`greatest(last_heartbeat_at, ${readySince}) + make_interval(secs =>
        ${MISSED_HEARTBEATS} * coalesce(heartbeat_interval_seconds, ${UNDECLARED_INTERVAL_SECONDS})) < now()
      and not exists (
        select from jobs
        where jobs.cluster_id = clusters.cluster_id and jobs.lease_is_legacy
          and ((jobs.status in ${IN_HELD_JOB_STATES} and jobs.lease_expires_at > now())
            or (jobs.status in ('succeeded', 'failed') and jobs.finished_at + make_interval(secs =>
              ${MISSED_HEARTBEATS * UNDECLARED_INTERVAL_SECONDS}) > now())))`
  await transitionAtOnce(app, ({ moveClusters }) => moveClusters('unreachable', { where: isSilent }))
}

async function deleteOldIdempotencyKeys(app: App): Promise<void> {
  await sql`delete from idempotency_keys
    where created_at < now() - make_interval(hours => ${IDEMPOTENCY_KEY_HOURS})`.execute(app.db)
}
