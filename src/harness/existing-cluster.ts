/** Finds the cluster of provider `existing`: by its id, or the only active one with its name. */
import type { Cluster } from '../contract/schemas/cluster.ts'
import { notFound } from '../errors/not-found.ts'
import { RadixError } from '../errors/radix-error.ts'
import type { StepContext } from './step.ts'

type Caller = Pick<StepContext, 'config' | 'call'>

/** Throws `NOT_FOUND`, `CLUSTER_WAITS_FOR_AGENT`, or `CLUSTER_NOT_USABLE` for one that is not active or is not the only one. */
export async function findExistingCluster(context: Caller): Promise<Cluster> {
  const { clusterId } = context.config
  if (!clusterId) return findByName(context)
  const cluster = await context.call('getCluster', { params: { cluster_id: clusterId } })
  if (cluster.status === 'active') return cluster
  throw notUsable(cluster)
}

/** A pending cluster exists but has no agent yet. */
function notUsable({ cluster_id, status }: Cluster): RadixError {
  return status === 'pending'
    ? new RadixError('CLUSTER_WAITS_FOR_AGENT', { cluster_id })
    : new RadixError('CLUSTER_NOT_USABLE', { cluster_id, status })
}

async function findByName(context: Caller): Promise<Cluster> {
  const name = context.config.clusterName
  const named: Cluster[] = []
  let cursor: string | null | undefined
  do {
    const query = { name, limit: 200, ...(cursor ? { cursor } : {}) }
    const page = await context.call('listClusters', { query })
    named.push(...page.items.filter((item) => item.name === name))
    cursor = page.next_cursor
  } while (cursor)
  const [cluster, ...others] = named.filter(({ status }) => status === 'active')
  const [waiting] = named.filter(({ status }) => status !== 'archived')
  if (!cluster && waiting) throw notUsable(waiting)
  if (!cluster) throw notFound('active cluster named', name)
  if (others.length === 0) return cluster
  throw new RadixError('CLUSTER_NOT_USABLE', {
    cluster_id: cluster.cluster_id,
    status: `one of ${others.length + 1} active clusters named ${name}; choose one with --cluster-id`,
  })
}
