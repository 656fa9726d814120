/**
 * What follows every transition of a job, a cluster or a run: it is counted, waiters are woken, and pages are told. The
 * statement that makes the transition stays with its service, fenced by `statesBefore`.
 */
import type { ClusterStatus, JobStatus } from '../../core/transitions.ts'
import type { App } from '../app.ts'
import { announce } from './changes.ts'

export interface MovedJob {
  job_id: string
  cluster_id: string
  tenant_id: string
  /** The one that it moved to. */
  status: JobStatus
}

export function jobsMoved(app: App, jobs: readonly MovedJob[]): void {
  for (const { job_id, cluster_id, status } of jobs) {
    app.metrics.jobTransitions.inc({ to: status })
    app.bus.publish(`job:${job_id}`)
    if (status === 'queued') app.bus.publish(`work:${cluster_id}`)
  }
  for (const tenantId of new Set(jobs.map(({ tenant_id }) => tenant_id))) announce(app, tenantId, 'jobs')
}

/** Agents that wait for work of an archived cluster are woken: they are refused then. */
export function clustersMoved(
  app: App,
  clusters: readonly { cluster_id: string; tenant_id: string; status: ClusterStatus }[],
): void {
  for (const { cluster_id, status } of clusters) if (status === 'archived') app.bus.publish(`work:${cluster_id}`)
  for (const tenantId of new Set(clusters.map(({ tenant_id }) => tenant_id))) announce(app, tenantId, 'clusters')
}

export function runsMoved(app: App, runs: readonly { tenant_id: string }[]): void {
  for (const tenantId of new Set(runs.map(({ tenant_id }) => tenant_id))) announce(app, tenantId, 'runs')
}
