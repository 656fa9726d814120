/**
 * Creates the cluster that the machine's agent will serve, labelled with the run so that it is found without a journal.
 * A cluster that was there before (provider `existing`) is only looked up, and never archived.
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

/** Archives every cluster that carries the run's label: its tokens die and its jobs are cancelled with it. */
export async function archiveClusters(context: StepContext): Promise<void> {
  if (!context.provider.launchesMachines) return
  const clusterIds = new Set((await findClustersOfRun(context)).map((cluster) => cluster.cluster_id))
  if (context.facts.clusterId) clusterIds.add(context.facts.clusterId)
  if (clusterIds.size === 0 && context.facts.clusterKey) {
    // The request may be under way still. Its key makes the control plane serve it first, so that the cluster is named
    // here; where it never arrived, one is created and archived at once.
    const cluster = await requestCluster(context).catch((error: unknown) => {
      if (isRefusal(error)) return undefined // as the first one was
      throw error
    })
    if (cluster) clusterIds.add(cluster.cluster_id)
  }
  for (const clusterId of clusterIds) await archiveCluster(context, clusterId)
}

/** Clusters of the run that are not archived, found by their label alone. */
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

/** The same key and the same body every time, so that it is the same cluster every time. */
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
