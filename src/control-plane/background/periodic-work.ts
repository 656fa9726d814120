/**
 * Handles what depends only on time: expired leases, silent clusters, old rows. Every statement changes only due rows,
 * so several replicas may sweep at once.
 */
import { sql } from 'kysely'
import { systemClock } from '../../core/clock.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import type { App } from '../app.ts'
import { expireLeases } from '../jobs/dispatch.ts'
import { IN_HELD_JOB_STATES } from '../store/statements.ts'
import { transitionAtOnce } from '../transitions.ts'
import { watchForWebhooks } from '../webhooks/watch.ts'
import { endOverdueJobs, endOverdueRuns } from './deadlines.ts'
import { createReadiness } from './readiness.ts'
import { deleteOld } from './retention.ts'

const MISSED_HEARTBEATS = 3
/** Agents that declare no interval are earlier ones: they beat at best every minute. */
const UNDECLARED_INTERVAL_SECONDS = 60

export interface PeriodicWork {
  /** Ends after the sweep under way. */
  close(): Promise<void>
}

export function startPeriodicWork(app: App): PeriodicWork {
  const abort = new AbortController()
  const { sweepIntervalMs } = app.settings
  const readiness = createReadiness(sweepIntervalMs, systemClock, () => readDatabaseTime(app))
  const running = Promise.all([
    repeat(app, sweepIntervalMs, abort.signal, async () => {
      await sweep(app, await readiness.since())
      readiness.swept()
    }),
    // Apart from the rest: where it fails, leases must go on expiring.
    repeat(app, sweepIntervalMs, abort.signal, () => watchForWebhooks(app)),
    // Apart, as it may last for minutes.
    repeat(app, CONTROL_PLANE_LIMITS.retentionInterval.value, abort.signal, () =>
      deleteOld(app, { signal: abort.signal }),
    ),
  ])
  return {
    async close() {
      abort.abort()
      await running
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

/** Runs until `signal` aborts. Failures are retried after the interval. */
async function repeat(
  { logger }: App,
  intervalMs: number,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    const begunMs = systemClock.monotonicMs()
    await work().catch((error: unknown) => logger.error({ err: error }, 'a sweep failed; the next one tries again'))
    await systemClock.sleep(Math.max(intervalMs - (systemClock.monotonicMs() - begunMs), 0), signal).catch(() => {})
  }
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
