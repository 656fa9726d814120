import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RadixError } from '../../errors/radix-error.ts'
import { createExistingProvider } from '../../providers/existing/existing-provider.ts'
import { RUN_ID } from '../testing/journal.ts'
import { HarnessWorld } from '../testing/world.ts'
import { archiveClusters, createCluster, RUN_LABEL } from './create-cluster.ts'

let world: HarnessWorld
beforeEach(() => {
  world = new HarnessWorld()
})
afterEach(() => world.dispose())

const statuses = () => [...world.controlPlane.clusters.values()].map(({ status }) => status)

describe('creating the cluster', () => {
  it('labels it with the run, and keeps its id', async () => {
    const { context } = world.at('create-cluster', {}, { clusterName: 'bench' })
    const { message } = await world.clock.during(createCluster(context))
    const [cluster] = world.controlPlane.clusters.values()
    expect(cluster).toMatchObject({ name: 'bench', type: 'docker_host', labels: { [RUN_LABEL]: RUN_ID } })
    expect(message).toBe(cluster?.cluster_id)
    expect(world.again('create-cluster').facts).toMatchObject({ clusterId: cluster?.cluster_id })
  })

  it('writes its key to the journal before the request', async () => {
    world.controlPlane.disturb('createCluster', 'silent')
    const { context, stop } = world.at('create-cluster')
    const creating = createCluster(context)
    stop(new Error('the time is up'))
    await expect(creating).rejects.toThrow('the time is up')
    expect(world.again('create-cluster').facts).toEqual({ clusterKey: `${RUN_ID}-create-cluster` })
  })

  it('creates no second one when any process repeats it', async () => {
    const { context } = world.at('create-cluster')
    await world.clock.during(createCluster(context))
    await world.clock.during(createCluster(context))
    await world.clock.during(createCluster(world.again('create-cluster').context))
    expect(world.controlPlane.clusters.size).toBe(1)
  })

  it('finds the same cluster when the first answer was lost', async () => {
    world.controlPlane.disturb('createCluster', 'answer lost', 1)
    const { context } = world.at('create-cluster')
    expect(await world.clock.during(createCluster(context))).toMatchObject({ status: 'succeeded' })
    expect(world.controlPlane.clusters.size).toBe(1)
  })

  it('reports why it was refused', async () => {
    world.controlPlane.disturb('createCluster', new RadixError('REQUEST_INVALID', { message: 'a long name' }))
    await expect(world.clock.during(createCluster(world.at('create-cluster').context))).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
    })
  })

  it('looks up an existing cluster, and creates none', async () => {
    world.providerChanges = createExistingProvider()
    const { cluster_id } = world.controlPlane.addCluster({ name: 'lab', status: 'active' })
    const { context } = world.at('create-cluster', {}, { provider: 'existing', clusterName: 'lab' })
    expect(await createCluster(context)).toMatchObject({ message: `uses ${cluster_id}` })
    await archiveClusters(context)
    expect(statuses()).toEqual(['active'])
  })
})

describe('archiving it', () => {
  it('has the same outcome a second time, and for an archived cluster', async () => {
    const { context } = world.at('create-cluster')
    await world.clock.during(createCluster(context))
    await world.clock.during(archiveClusters(context))
    await world.clock.during(archiveClusters(context))
    expect(statuses()).toEqual(['archived'])
    world.controlPlane.clusters.clear()
    await world.clock.during(archiveClusters(context))
  })

  it('finds a cluster whose creation was never answered', async () => {
    world.controlPlane.disturb('createCluster', 'answer lost')
    const { context } = world.at('create-cluster')
    await expect(world.clock.during(createCluster(context))).rejects.toMatchObject({ code: 'API_UNREACHABLE' })
    expect(statuses()).toEqual(['pending'])
    await world.clock.during(archiveClusters(context))
    expect(statuses()).toEqual(['archived'])
  })

  it('prevents a late creation of a cluster whose request never arrived', async () => {
    world.controlPlane.disturb('createCluster', 'unreachable')
    const { context } = world.at('create-cluster')
    await expect(world.clock.during(createCluster(context))).rejects.toMatchObject({ code: 'API_UNREACHABLE' })
    world.controlPlane.calm()
    await world.clock.during(archiveClusters(context))
    // A request still under way has this key: its answer is the archived cluster.
    await world.clock.during(createCluster(context))
    expect(statuses()).toEqual(['archived'])
  })

  it('succeeds when the creation was refused, and is refused again', async () => {
    world.controlPlane.disturb('createCluster', new RadixError('REQUEST_INVALID', { message: 'a long name' }))
    const { context } = world.at('create-cluster')
    await expect(world.clock.during(createCluster(context))).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
    await world.clock.during(archiveClusters(context))
    expect(statuses()).toEqual([])
  })

  it('does nothing when no cluster was requested', async () => {
    await world.clock.during(archiveClusters(world.at('create-cluster').context))
    expect(world.controlPlane.countRequests('createCluster')).toBe(0)
  })

  it('finds the clusters of a run without a journal by their label, on every page, and no others', async () => {
    world.controlPlane.pageSize = 1
    const mine = { labels: { [RUN_LABEL]: RUN_ID } }
    world.controlPlane.addCluster({ labels: { [RUN_LABEL]: 'run_other' } })
    for (const status of ['pending', 'pending', 'active', 'unreachable'] as const) {
      world.controlPlane.addCluster({ ...mine, status })
    }
    await world.clock.during(archiveClusters(world.at('create-cluster', {}, {}, true).context))
    expect(statuses()).toEqual(['pending', 'archived', 'archived', 'archived', 'archived'])
  })

  it.each(['listClusters', 'archiveCluster'] as const)('fails while %s goes unanswered', async (route) => {
    const { context } = world.at('create-cluster')
    await world.clock.during(createCluster(context))
    world.controlPlane.disturb(route, 'unreachable')
    await expect(world.clock.during(archiveClusters(context))).rejects.toMatchObject({ code: 'API_UNREACHABLE' })
    world.controlPlane.calm()
    await world.clock.during(archiveClusters(context))
    expect(statuses()).toEqual(['archived'])
  })
})
