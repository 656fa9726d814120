/**
 * The one place that changes the status of a cluster, a job or a run. The map of its kind decides from which states a move
 * may start, `where` fences it, and every row that moved is counted and announced once the change is durable. The types of
 * the tables keep other code from writing a status.
 */
import { type RawBuilder, type Selectable, sql } from 'kysely'
import {
  CLUSTER_TRANSITIONS,
  type ClusterStatus,
  JOB_TRANSITIONS,
  type JobStatus,
  RUN_TRANSITIONS,
  type RunStatus,
  statesBefore,
} from '../core/transitions.ts'
import type { App } from './app.ts'
import { announce } from './events/changes.ts'
import type { Connection } from './store/database.ts'
import { inTransaction } from './store/statements.ts'
import type { ClusterTable, RunTable } from './store/tables.ts'
import type { JobRow } from './store/wire.ts'

type Fragment = RawBuilder<unknown>
type ClusterRow = Selectable<ClusterTable>
type RunRow = Selectable<RunTable>

/** One statement: `[with …] update … set status, [set] [from …] where <may move> and [where] returning *, [returning]`. */
export interface Move {
  /** The fence: which rows, and under which lease or epoch. */
  where: Fragment
  /** Other columns that change with the status, without a comma at either end. */
  set?: Fragment
  with?: Fragment
  from?: Fragment
  returning?: Fragment
}

/** Moves within one unit of work. Zero rows in an answer mean that the fence or the map did not let the move through. */
export interface Mover {
  /** For everything else that belongs to the same unit. */
  readonly connection: Connection
  moveClusters(to: ClusterStatus, move: Move): Promise<ClusterRow[]>
  moveJobs<Extra = unknown>(to: JobStatus, move: Move): Promise<(JobRow & Extra)[]>
  moveRuns(to: RunStatus, move: Move): Promise<RunRow[]>
}

/** Runs `work` in a transaction and then tells of what moved; of nothing where it was rolled back. */
export async function transition<T>(app: App, work: (mover: Mover) => Promise<T>): Promise<T> {
  const moved: Moved = { clusters: [], jobs: [], runs: [] }
  const answer = await inTransaction(app.db, (trx) => work(createMover(trx, moved)))
  app.whenDurable(() => tellOf(app, moved))
  return answer
}

/** The same for a single statement, which needs no transaction. */
export async function transitionAtOnce<T>(app: App, work: (mover: Mover) => Promise<T>): Promise<T> {
  const moved: Moved = { clusters: [], jobs: [], runs: [] }
  const answer = await work(createMover(app.db, moved))
  app.whenDurable(() => tellOf(app, moved))
  return answer
}

interface Moved {
  clusters: ClusterRow[]
  jobs: JobRow[]
  runs: RunRow[]
}

function createMover(connection: Connection, moved: Moved): Mover {
  return {
    connection,
    async moveClusters(to, move) {
      const changes = sql`status_changed_at = now()`
      const rows = await update<ClusterRow>(connection, 'clusters', to, statesBefore(CLUSTER_TRANSITIONS, to), {
        ...move,
        set: move.set ? sql`${changes}, ${move.set}` : changes,
      })
      moved.clusters.push(...rows)
      return rows
    },
    async moveJobs<Extra>(to: JobStatus, move: Move) {
      const rows = await update<JobRow & Extra>(connection, 'jobs', to, statesBefore(JOB_TRANSITIONS, to), move)
      moved.jobs.push(...rows)
      return rows
    },
    async moveRuns(to, move) {
      const rows = await update<RunRow>(connection, 'runs', to, statesBefore(RUN_TRANSITIONS, to), move)
      moved.runs.push(...rows)
      return rows
    },
  }
}

async function update<Row>(
  connection: Connection,
  table: 'clusters' | 'jobs' | 'runs',
  to: string,
  from: readonly string[],
  move: Move,
): Promise<Row[]> {
  const { rows } = await sql<Row>`
    ${move.with ?? sql``}
    update ${sql.table(table)} set status = ${to}${move.set ? sql`, ${move.set}` : sql``}
    ${move.from ?? sql``}
    where ${sql.ref(`${table}.status`)} = any(${from}) and ${move.where}
    returning ${sql.table(table)}.*${move.returning ? sql`, ${move.returning}` : sql``}`.execute(connection)
  return rows
}

function tellOf(app: App, moved: Moved): void {
  for (const { cluster_id, status } of moved.clusters) {
    app.metrics.clusterTransitions.inc({ to: status })
    // A poll that waits learns that its cluster is archived.
    if (status === 'archived') app.bus.publish(`work:${cluster_id}`)
  }
  for (const { job_id, cluster_id, status } of moved.jobs) {
    app.metrics.jobTransitions.inc({ to: status })
    app.bus.publish(`job:${job_id}`)
    if (status === 'queued') app.bus.publish(`work:${cluster_id}`)
  }
  for (const { status } of moved.runs) app.metrics.runTransitions.inc({ to: status })
  for (const thing of ['clusters', 'jobs', 'runs'] as const) {
    for (const tenantId of new Set(moved[thing].map(({ tenant_id }) => tenant_id))) announce(app, tenantId, thing)
  }
}
