/** Clusters: created, connected and archived; an agent comes some seconds after its token. */

import type { Cluster } from '../../src/contract/schemas/cluster.ts'
import { newCluster } from '../../src/contract/testing/new-objects.ts'
import { newId } from '../../src/core/ids.ts'
import { isFinal, JOB_TRANSITIONS } from '../../src/core/transitions.ts'
import { RadixError } from '../../src/errors/radix-error.ts'
import { capabilitiesOf } from './clusters.ts'
import { endJob } from './job-routes.ts'
import { MACHINES } from './machines.ts'
import type { MockHandlers } from './mock-server.ts'
import { takePage } from './page.ts'
import type { World } from './world.ts'

const AGENT_COMES_MS = 5000
const HEARTBEAT_AGE_MS = 4000

export function answerClusters(world: World): MockHandlers {
  return {
    listClusters: ({ query: { name = '', status, archived, ...query } }) =>
      takePage(
        world.clusters
          .filter((each) => each.name.includes(name) && (!status || each.status === status))
          .filter((each) => archived === undefined || (each.status === 'archived') === archived)
          .map(seenNow),
        query,
      ),
    getCluster: ({ params }) => seenNow(world.findCluster(params.cluster_id)),
    createCluster: ({ body }) => {
      const cluster = newCluster({ ...body, created_at: new Date().toISOString() })
      world.clusters.unshift(cluster)
      world.announce('clusters')
      return cluster
    },
    archiveCluster: ({ params }) => {
      const cluster = world.findCluster(params.cluster_id)
      if (cluster.status === 'archived') return cluster
      const at = new Date().toISOString()
      Object.assign(cluster, { status: 'archived', status_changed_at: at, archived_at: at } satisfies Partial<Cluster>)
      const left = world.jobs.filter(({ cluster_id }) => cluster_id === cluster.cluster_id)
      for (const job of left.filter(({ status }) => !isFinal(JOB_TRANSITIONS, status))) {
        endJob(world, job, 'cancelled', Date.now())
      }
      world.announce('clusters')
      return cluster
    },
    createOnboardingToken: ({ params, body }) => {
      const cluster = world.findCluster(params.cluster_id)
      if (cluster.status === 'archived') throw new RadixError('CLUSTER_ARCHIVED', { cluster_id: cluster.cluster_id })
      const comesMs = Date.now() + AGENT_COMES_MS
      world.at(comesMs, () => connect(world, cluster, comesMs))
      return {
        one_time_token: `radix_ot_${newId('tok').slice(-26)}`,
        expires_at: new Date(Date.now() + (body?.ttl_seconds ?? 3600) * 1000).toISOString(),
      }
    },
    revokeOnboardingTokens: () => undefined,
  }
}

/** Its agent goes on reporting, as long as it is there. */
function seenNow(cluster: Cluster): Cluster {
  if (cluster.status !== 'active') return cluster
  return { ...cluster, last_heartbeat_at: new Date(Date.now() - HEARTBEAT_AGE_MS).toISOString() }
}

/** A machine with a GPU, but for a `local` cluster. */
function connect(world: World, cluster: Cluster, atMs: number): void {
  if (cluster.status === 'archived') return
  const at = new Date(atMs).toISOString()
  const machine = cluster.type === 'local' ? undefined : MACHINES[1]
  Object.assign(cluster, {
    status: 'active',
    status_changed_at: cluster.status === 'active' ? cluster.status_changed_at : at,
    capabilities: cluster.capabilities ?? capabilitiesOf(cluster.name, machine, 1),
    agent_version: '0.1.0',
    heartbeat_interval_seconds: 10,
    last_heartbeat_at: at,
  } satisfies Partial<Cluster>)
  world.announce('clusters')
}
