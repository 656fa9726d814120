/**
 * Creates the cluster that the machine's agent will serve. The run's label makes it findable without a journal. An
 * existing cluster (provider `existing`) is only looked up, and never archived.
 */
import type { Cluster } from '../../contract/schemas/cluster.ts'
import { findExistingCluster } from '../existing-cluster.ts'
import { done, type StepContext, type StepResult } from '../step.ts'
import { isGone, isRefusal } from '../wait.ts'

export const RUN_LABEL = 'radix_run_id'

export async function createCluster(context: StepContext): Promise<StepResult> {
  if (!context.provider.launchesMachines) {
    const cluster = await findExistingCluster(context)
    context.record({ clusterId: cluster.cluster_id })
    return done(`uses ${cluster.cluster_id}`)
  }
  if (!context.facts.clusterKey) context.record({ clusterKey: `${context.runId}-create-cluster` })
  const cluster = await requestCluster(context)
  context.record({ clusterId: cluster.cluster_id })
  return done(cluster.cluster_id)
}

/** Archives every cluster with the run's label, which revokes its tokens and cancels its jobs. */
export async function archiveClusters(context: StepContext): Promise<void> {
  if (!context.provider.launchesMachines) return
  const clusterIds = new Set((await findClustersOfRun(context)).map((cluster) => cluster.cluster_id))
  if (context.facts.clusterId) clusterIds.add(context.facts.clusterId)
  if (clusterIds.size === 0 && context.facts.clusterKey) {
    // The request may still be in progress. Its key makes the control plane serve it first, so the answer names the
    // cluster. If the request never arrived, a cluster is created and archived at once.
    const cluster = await requestCluster(context).catch((error: unknown) => {
      if (isRefusal(error)) return undefined // as the first one was
      throw error
    })
    if (cluster) clusterIds.add(cluster.cluster_id)
  }
  for (const clusterId of clusterIds) await archiveCluster(context, clusterId)
}

/** Clusters of the run that are not archived, found only by their label. */
export async function findClustersOfRun(context: Pick<StepContext, 'runId' | 'call'>): Promise<Cluster[]> {
  const found: Cluster[] = []
  for (const status of ['pending', 'active', 'unreachable'] as const) {
    let cursor: string | null | undefined
    do {
      const query = { status, limit: 200, ...(cursor ? { cursor } : {}) }
      const page = await context.call('listClusters', { query })
      found.push(...page.items.filter((cluster) => cluster.labels[RUN_LABEL] === context.runId))
      cursor = page.next_cursor
    } while (cursor)
  }
  return found
}

async function archiveCluster(context: StepContext, clusterId: string): Promise<void> {
  try {
    await context.call('archiveCluster', { params: { cluster_id: clusterId } })
  } catch (error) {
    if (!isGone(error)) throw error
  }
}

/** The same key and body every time, so the result is the same cluster. */
function requestCluster(context: StepContext): Promise<Cluster> {
  return context.call('createCluster', {
    body: {
      name: context.config.clusterName,
      type: context.config.provider === 'local' ? 'local' : 'docker_host',
      labels: { [RUN_LABEL]: context.runId },
    },
    idempotencyKey: `${context.runId}-create-cluster`,
  })
}
