import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RadixError } from '../../errors/radix-error.ts'
import { createExistingProvider } from '../../providers/existing/existing-provider.ts'
import type { Placement } from '../../providers/provider.ts'
import { RUN_ID } from '../testing/journal.ts'
import { HarnessWorld } from '../testing/world.ts'
import { launchMachine } from './launch-machine.ts'

let world: HarnessWorld
beforeEach(() => {
  world = new HarnessWorld()
})
afterEach(() => world.dispose())

const placement = (instanceType: string): Placement => ({ region: 'r', zone: 'a', instanceType, market: 'spot' })
const placements = [placement('fake.small'), placement('fake.large')]

const atStep = () => {
  const clusterId = world.controlPlane.addCluster().cluster_id
  return world.at('launch-machine', { clusterId, placements, onboardingTokenReference: 'fake:x/y' })
}

describe('launching', () => {
  it('writes its client token to the journal before the call to the provider', async () => {
    const launch = world.cloud.createProvider().launch
    const journaled: (string | undefined)[] = []
    world.providerChanges = {
      launch: (request, signal) => {
        journaled.push(world.again('launch-machine').facts.launchToken)
        expect(request).toMatchObject({
          clientToken: journaled[0],
          runId: RUN_ID,
          onboardingTokenReference: 'fake:x/y',
        })
        return launch(request, signal)
      },
    }
    const { context } = atStep()
    expect(await launchMachine(context)).toMatchObject({ message: expect.stringContaining('fake.small spot in a') })
    expect(journaled).toEqual([expect.stringMatching(/^m_/)])
    expect(context.facts).toMatchObject({
      launchToken: journaled[0],
      launchPlacement: 0,
      machine: { instanceType: 'fake.small' },
      launchAttempts: [{ outcome: 'launched', clientToken: journaled[0] }],
    })
  })

  it('sets the machine’s own deadline some time after that of the run', async () => {
    const launch = world.cloud.createProvider().launch
    let deadlineAt = new Date(0)
    world.providerChanges = {
      launch: (request, signal) => {
        deadlineAt = request.deadlineAt
        return launch(request, signal)
      },
    }
    const { context } = atStep()
    await launchMachine(context)
    expect(deadlineAt.getTime()).toBeGreaterThan(context.deadlineAt.getTime())
  })

  it('is one launch when any process repeats it', async () => {
    const { context } = atStep()
    await launchMachine(context)
    await launchMachine(context)
    await launchMachine(world.again('launch-machine').context)
    expect(world.cloud.launchCount).toBe(1)
    expect(world.again('launch-machine').facts.launchAttempts).toHaveLength(1)
  })

  it('tries the next placement only for a lack of capacity', async () => {
    world.cloud.exhausted.add('fake.small')
    const { context, events } = atStep()
    await launchMachine(context)
    expect(context.facts.launchAttempts).toMatchObject([{ outcome: 'failed' }, { outcome: 'launched' }])
    expect(context.facts.machine?.instanceType).toBe('fake.large')
    expect(events).toMatchObject([{ type: 'warning', message: expect.stringContaining('Trying the next placement') }])
  })

  it('fails after the last placement without capacity', async () => {
    for (const { instanceType } of placements) world.cloud.exhausted.add(instanceType ?? '')
    const { context } = atStep()
    await expect(launchMachine(context)).rejects.toMatchObject({ code: 'LAUNCH_CAPACITY', exitCode: 5 })
    expect(context.facts.launchAttempts).toMatchObject([{ outcome: 'failed' }, { outcome: 'failed' }])
  })

  it('fails at once when the provider refuses: another placement would not help', async () => {
    world.cloud.launchRefusal = 'not authorised'
    const { context } = atStep()
    await expect(launchMachine(context)).rejects.toMatchObject({ code: 'LAUNCH_FAILED' })
    expect(context.facts.launchAttempts).toMatchObject([
      { outcome: 'failed', message: expect.stringContaining('not authorised') },
    ])
  })

  it.each([
    [
      'named by the provider',
      new RadixError('LAUNCH_UNANSWERED', { provider: 'fake', placement: 'x', message: 'cut' }),
    ],
    ['of any other kind', new TypeError('fetch failed')],
  ])('does not count an attempt as failed after an error %s that may have launched a machine', async (_, error) => {
    const launch = world.cloud.createProvider().launch
    world.providerChanges = {
      launch: async (...args) => {
        await launch(...args)
        throw error
      },
    }
    const { context } = atStep()
    await expect(launchMachine(context)).rejects.toBe(error)
    expect(context.facts).toMatchObject({ machine: null, launchAttempts: [{ outcome: 'unknown' }] })
    expect(world.cloud.livingMachines).toHaveLength(1)
  })

  it('fails when the machine has ended before the repetition', async () => {
    const { context } = atStep()
    await launchMachine(context)
    await world.cloud.end(context.facts.machine?.machineId ?? '', 'reclaimed')
    await expect(launchMachine(context)).rejects.toMatchObject({
      code: 'LAUNCH_FAILED',
      why: expect.stringContaining('reclaimed'),
    })
    expect(world.cloud.launchCount).toBe(1)
  })

  it('records the price of the zone if it is known, and the machine in any case', async () => {
    const quote = { pricePerHourUsd: 0.7, source: 'a spot market' }
    world.providerChanges = { quote: async () => quote }
    const { context } = atStep()
    await launchMachine(context)
    expect(context.facts.quote).toEqual(quote)
    context.provider.quote = () => Promise.reject(new Error('no price list'))
    await launchMachine(context)
    expect(context.facts.quote).toEqual(quote)
  })

  it('is skipped when the cluster has its machine', async () => {
    world.providerChanges = createExistingProvider()
    expect(await launchMachine(atStep().context)).toMatchObject({ status: 'skipped' })
    expect(world.cloud.launchCount).toBe(0)
  })
})
