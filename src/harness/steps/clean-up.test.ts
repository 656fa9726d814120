import { afterEach, beforeEach, expect, it } from 'vitest'
import { createExistingProvider } from '../../providers/existing/existing-provider.ts'
import { RUN_ID } from '../testing/journal.ts'
import { HarnessWorld } from '../testing/world.ts'
import { cleanUp } from './clean-up.ts'
import { createCluster } from './create-cluster.ts'
import { createOnboardingToken } from './create-onboarding-token.ts'
import { registerRun } from './register-run.ts'

let world: HarnessWorld
beforeEach(() => {
  world = new HarnessWorld()
})
afterEach(() => world.dispose())

/** A run whose machine is terminated. */
async function atStep() {
  const { context } = world.at('clean-up')
  for (const step of [registerRun, createCluster, createOnboardingToken]) await world.clock.during(step(context))
  expect(world.findLeftovers()).toHaveLength(4)
  return world.again('clean-up')
}

it('removes secret, token and cluster, and ends the run; a second time it has the same outcome', async () => {
  const { context } = await atStep()
  await world.clock.during(cleanUp(context))
  expect(world.findLeftovers()).toEqual([])
  expect(world.controlPlane.runs.get(RUN_ID)).toMatchObject({ status: 'succeeded', ended_at: expect.any(String) })
  const once = world.controlPlane.runs.get(RUN_ID)
  await world.clock.during(cleanUp(world.again('clean-up').context))
  expect(world.controlPlane.runs.get(RUN_ID)).toEqual(once)
})

it.each(['revokeOnboardingTokens', 'listClusters', 'archiveCluster', 'updateRun'] as const)(
  'does not end the run as a success before everything is removed: not while %s goes unanswered',
  async (route) => {
    const { context } = await atStep()
    world.controlPlane.disturb(route, 'unreachable')
    await expect(world.clock.during(cleanUp(context))).rejects.toMatchObject({ code: 'API_UNREACHABLE' })
    expect(world.cloud.secretCount).toBe(0)
    expect(world.controlPlane.runs.get(RUN_ID)?.ended_at).toBeNull()
    world.controlPlane.calm()
    await world.clock.during(cleanUp(world.again('clean-up').context))
    expect(world.findLeftovers()).toEqual([])
  },
)

it('fails when the secret cannot be deleted, and another process finishes it', async () => {
  const { context } = await atStep()
  context.provider.deleteSecrets = () => Promise.reject(new Error('access denied'))
  await expect(world.clock.during(cleanUp(context))).rejects.toThrow('access denied')
  await world.clock.during(cleanUp(world.again('clean-up').context))
  expect(world.findLeftovers()).toEqual([])
})

it('accepts late answers', async () => {
  const { context } = await atStep()
  for (const route of ['archiveCluster', 'updateRun'] as const) world.controlPlane.disturb(route, { lateMs: 20_000 })
  await world.clock.during(cleanUp(context))
  expect(world.findLeftovers()).toEqual([])
})

it('keeps an existing cluster', async () => {
  world.providerChanges = createExistingProvider()
  const { cluster_id } = world.controlPlane.addCluster({ status: 'active' })
  const { context } = world.at('clean-up', { clusterId: cluster_id }, { provider: 'existing' })
  await world.clock.during(registerRun(context))
  await world.clock.during(cleanUp(context))
  expect(world.findLeftovers()).toEqual(['active cluster'])
})
