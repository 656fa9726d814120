import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createExistingProvider } from '../../providers/existing/existing-provider.ts'
import { RUN_ID } from '../testing/journal.ts'
import { HarnessWorld } from '../testing/world.ts'
import { createOnboardingToken, revokeOnboardingTokens } from './create-onboarding-token.ts'

let world: HarnessWorld
beforeEach(() => {
  world = new HarnessWorld()
})
afterEach(() => world.dispose())

const atStep = () => world.at('create-onboarding-token', { clusterId: world.controlPlane.addCluster().cluster_id })
const liveTokens = () => [...world.controlPlane.tokens.values()].filter(({ isRevoked }) => !isRevoked).length
const bodies = () => world.controlPlane.requests.map(({ body }) => body).filter(Boolean)

describe('creating the onboarding token', () => {
  it('stores it where the machine finds it, and only a reference in the journal', async () => {
    const { context } = atStep()
    await world.clock.during(createOnboardingToken(context))
    const [token = ''] = world.controlPlane.tokens.keys()
    expect(world.cloud.secretCount).toBe(1)
    expect(context.facts.onboardingTokenReference).toBe(`fake:${RUN_ID}/onboarding-token`)
    expect(JSON.stringify(world.journal)).not.toContain(token)
  })

  it('gives it the lifetime of the run, within the limits of the control plane', async () => {
    const clusterId = world.controlPlane.addCluster().cluster_id
    for (const ttlMinutes of [45, 24 * 60, 0.001]) {
      const { context } = world.at('create-onboarding-token', { clusterId }, { ttlMinutes })
      await world.clock.during(createOnboardingToken(context))
      world.store.cut(RUN_ID, 0)
    }
    expect(bodies()).toEqual([{ ttl_seconds: 2700 }, { ttl_seconds: 86_400 }, { ttl_seconds: 10 }])
  })

  it('creates a new one when it is repeated, and replaces the secret', async () => {
    const { context } = atStep()
    await world.clock.during(createOnboardingToken(context))
    await world.clock.during(createOnboardingToken(world.again('create-onboarding-token').context))
    expect(world.cloud.secretCount).toBe(1)
    expect(liveTokens()).toBe(2)
    await world.clock.during(revokeOnboardingTokens(context))
    expect(liveTokens()).toBe(0)
  })

  it('fails when the cluster was archived in between, or the control plane is unreachable', async () => {
    const { context, facts } = atStep()
    world.controlPlane.disturb('createOnboardingToken', 'unreachable')
    await expect(world.clock.during(createOnboardingToken(context))).rejects.toMatchObject({ code: 'API_UNREACHABLE' })
    world.controlPlane.calm()
    await context.call('archiveCluster', { params: { cluster_id: facts.clusterId ?? '' } })
    await expect(world.clock.during(createOnboardingToken(context))).rejects.toMatchObject({ code: 'CLUSTER_ARCHIVED' })
    expect(world.cloud.secretCount).toBe(0)
  })

  it('is a bug without a cluster', async () => {
    const { context } = world.at('create-onboarding-token')
    await expect(createOnboardingToken(context)).rejects.toMatchObject({ code: 'INTERNAL' })
  })

  it('is skipped when the cluster has its agent', async () => {
    world.providerChanges = createExistingProvider()
    const { context } = atStep()
    expect(await createOnboardingToken(context)).toMatchObject({ status: 'skipped' })
    await revokeOnboardingTokens(context)
    expect(world.controlPlane.requests).toEqual([])
  })
})

describe('revoking it', () => {
  it('revokes a token whose answer or secret was lost', async () => {
    world.controlPlane.disturb('createOnboardingToken', 'answer lost', 1)
    world.providerChanges = { storeSecret: () => Promise.reject(new Error('the store is full')) }
    const { context } = atStep()
    await expect(world.clock.during(createOnboardingToken(context))).rejects.toThrow()
    await expect(world.clock.during(createOnboardingToken(context))).rejects.toThrow('the store is full')
    expect(liveTokens()).toBe(2)
    await world.clock.during(revokeOnboardingTokens(context))
    await world.clock.during(revokeOnboardingTokens(context))
    expect(liveTokens()).toBe(0)
  })

  it('deletes the secret when the control plane is unreachable, and fails', async () => {
    const { context } = atStep()
    await world.clock.during(createOnboardingToken(context))
    world.controlPlane.disturb('revokeOnboardingTokens', 'unreachable')
    await expect(world.clock.during(revokeOnboardingTokens(context))).rejects.toMatchObject({ code: 'API_UNREACHABLE' })
    expect(world.cloud.secretCount).toBe(0)
    expect(liveTokens()).toBe(1)
  })

  it('revokes the token when the secret cannot be deleted, and fails', async () => {
    world.providerChanges = { deleteSecrets: () => Promise.reject(new Error('access denied')) }
    const { context } = atStep()
    await world.clock.during(createOnboardingToken(context))
    await expect(world.clock.during(revokeOnboardingTokens(context))).rejects.toThrow('access denied')
    expect(liveTokens()).toBe(0)
  })

  it('succeeds when the cluster is archived, and without a cluster', async () => {
    const { context } = world.at('create-onboarding-token', { clusterId: 'cl_gone' })
    await world.clock.during(revokeOnboardingTokens(context))
    world.store.cut(RUN_ID, 0)
    await world.clock.during(revokeOnboardingTokens(world.at('create-onboarding-token').context))
    expect(world.controlPlane.countRequests('revokeOnboardingTokens')).toBe(1)
  })
})
