import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RadixError } from '../../errors/radix-error.ts'
import type { Provider } from '../../providers/provider.ts'
import { HarnessWorld } from '../testing/world.ts'
import { awaitCluster, clusterNotActiveInTime } from './await-cluster.ts'
import { createOnboardingToken } from './create-onboarding-token.ts'
import { launchMachine } from './launch-machine.ts'

let world: HarnessWorld
beforeEach(() => {
  world = new HarnessWorld()
})
afterEach(() => world.dispose())

let clusterId: string

/** With a machine, whose agent has come up unless its token is invalid. */
async function atStep(agent: 'comes up' | 'stays away', changes: Partial<Provider> = {}) {
  clusterId = world.controlPlane.addCluster().cluster_id
  const { context } = world.at('await-cluster', { clusterId })
  if (agent === 'comes up') await createOnboardingToken(context)
  await launchMachine(context)
  world.providerChanges = changes
  return world.again('await-cluster')
}

function activate(gpus: Record<string, unknown>[] = []): void {
  const cluster = world.controlPlane.clusters.get(clusterId)
  if (cluster) world.controlPlane.clusters.set(clusterId, { ...cluster, status: 'active', capabilities: { gpus } })
}

describe('waiting for the agent', () => {
  it('ends once the cluster is active, and keeps the report of its agent', async () => {
    const { context } = await atStep('comes up')
    expect(await awaitCluster(context)).toMatchObject({ message: 'active, no GPU' })
    expect(context.facts.cluster).toMatchObject({ cluster_id: clusterId, capabilities: { hostname: 'fake' } })
    expect(await awaitCluster(world.again('await-cluster').context)).toMatchObject({ status: 'succeeded' })
  })

  it('continues as long as necessary', async () => {
    const { context } = await atStep('stays away')
    const waiting = awaitCluster(context)
    await world.clock.advance(300_000)
    activate([{}, {}])
    expect(await world.clock.during(waiting)).toMatchObject({ message: 'active, 2 GPUs' })
  })

  it.each([
    ['is unreachable', 'unreachable'],
    ['cannot serve', new RadixError('UNAVAILABLE', { reason: 'its database is away' })],
    ['answers late', { lateMs: 10_000 }],
  ] as const)('continues while the control plane %s', async (_, disturbance) => {
    const { context } = await atStep('comes up')
    world.controlPlane.disturb('getCluster', disturbance, 12)
    expect(await world.clock.during(awaitCluster(context))).toMatchObject({ status: 'succeeded' })
  })

  it('fails at once when the control plane refuses', async () => {
    const { context } = await atStep('stays away')
    world.controlPlane.disturb('getCluster', new RadixError('AUTH_TOKEN_INVALID', { reason: 'revoked' }))
    await expect(awaitCluster(context)).rejects.toMatchObject({ code: 'AUTH_TOKEN_INVALID' })
  })

  it('fails for a cluster that was archived', async () => {
    const { context } = await atStep('stays away')
    await context.call('archiveCluster', { params: { cluster_id: clusterId } })
    await expect(awaitCluster(context)).rejects.toMatchObject({ code: 'CLUSTER_ARCHIVED' })
  })

  it('fails with the machine’s reason once the machine has ended', async () => {
    const { context, facts } = await atStep('stays away')
    const waiting = awaitCluster(context)
    await world.clock.advance(10_000)
    await world.cloud.end(facts.machine?.machineId ?? '', 'it powered itself off')
    await expect(world.clock.during(waiting)).rejects.toMatchObject({
      code: 'MACHINE_ENDED',
      why: expect.stringContaining('it powered itself off'),
    })
  })

  it('continues while the provider could not look at the machine', async () => {
    const { context } = await atStep('stays away')
    world.cloud.isBlind = true
    const waiting = awaitCluster(context)
    await world.clock.advance(60_000)
    activate()
    expect(await world.clock.during(waiting)).toMatchObject({ status: 'succeeded' })
  })

  it('reports each phase of the boot once, and continues without any', async () => {
    const phases = ['installing', 'installing', null, 'starting the agent', 'starting the agent']
    const { context, events } = await atStep('stays away', {
      readBootPhase: async () => {
        if (phases.length === 0) throw new Error('no console')
        return phases.shift() ?? null
      },
    })
    const waiting = awaitCluster(context)
    for (let look = 0; look < 10; look++) await world.clock.advance(60_000)
    activate()
    await world.clock.during(waiting)
    const said = events.flatMap((event) => (event.type === 'step-progress' ? event.message : []))
    expect(said.filter((message) => message.startsWith('boot: '))).toEqual([
      'boot: installing',
      'boot: starting the agent',
    ])
  })
})

describe('an agent that did not come up in time', () => {
  it('is explained by the cluster, the cause and the log', async () => {
    const cause = { cause: 'the image has no Docker', remedy: 'Use another image.', isCertain: false }
    const { context } = await atStep('stays away', { findBootCause: async () => cause })
    expect(await clusterNotActiveInTime(context, 600)).toMatchObject({
      code: 'CLUSTER_NOT_ACTIVE_IN_TIME',
      why: expect.stringMatching(/600.*pending/),
      details: { log_tail: 'the fake machine has booted' },
    })
  })

  it('is explained when neither control plane nor provider answers', async () => {
    const away = () => Promise.reject(new Error('away'))
    const { context } = await atStep('stays away', { findBootCause: away, readLog: away })
    world.controlPlane.disturb('getCluster', 'unreachable')
    expect(await world.clock.during(clusterNotActiveInTime(context, 600))).toMatchObject({
      code: 'CLUSTER_NOT_ACTIVE_IN_TIME',
      why: expect.stringContaining('unknown'),
      details: { log_tail: '' },
    })
  })
})
