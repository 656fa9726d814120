import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ABSENT, found, type Lookup, unknown } from '../../core/lookup.ts'
import { createExistingProvider } from '../../providers/existing/existing-provider.ts'
import { type Machine, NO_CHOICE, type Provider } from '../../providers/provider.ts'
import { afterLaunch } from '../testing/after-launch.ts'
import { HarnessWorld } from '../testing/world.ts'
import { awaitMachine, findReclaim, lookAtMachine, readLogTail } from './await-machine.ts'

let world: HarnessWorld
beforeEach(() => {
  world = new HarnessWorld()
})
afterEach(() => world.dispose())

const atStep = (changes: Partial<Provider> = {}) => afterLaunch(world, 'await-machine', changes)

/** The given answers one after the other, then those of the cloud. */
function answers(list: (Lookup<Machine> | ((machine: Machine) => Lookup<Machine>))[]): Partial<Provider> {
  const { describe } = world.cloud.createProvider()
  return {
    describe: async (machineId) => {
      const next = list.shift()
      const real = await describe(machineId)
      if (typeof next === 'function') return real.outcome === 'found' ? next(real.value) : real
      return next ?? real
    },
  }
}

describe('waiting for the machine', () => {
  it('ends once the machine runs, and keeps the first time', async () => {
    const pending = (machine: Machine) => found<Machine>({ ...machine, state: 'pending' })
    const { context } = await atStep(answers([pending, pending]))
    expect(await world.clock.during(awaitMachine(context))).toMatchObject({ status: 'succeeded', message: 'running' })
    const { machineRunningAt } = context.facts
    await world.clock.advance(60_000)
    await world.clock.during(awaitMachine(world.again('await-machine').context))
    expect(world.again('await-machine').facts.machineRunningAt).toBe(machineRunningAt)
    expect(world.cloud.launchCount).toBe(1)
  })

  it('continues while the provider could not look', async () => {
    const { context } = await atStep(answers([unknown('access denied'), unknown('access denied')]))
    expect(await world.clock.during(awaitMachine(context))).toMatchObject({ status: 'succeeded' })
  })

  it('never ends by itself when the provider can never look', async () => {
    world.cloud.isBlind = false
    const { context, stop } = await atStep()
    world.cloud.isBlind = true
    const waiting = awaitMachine(context)
    await world.clock.advance(3_600_000)
    const reason = new Error('the time is up')
    stop(reason)
    await expect(waiting).rejects.toBe(reason)
    expect(context.facts.machineRunningAt).toBeUndefined()
  })

  it('fails with the state of a machine that ended', async () => {
    const { context, machineId } = await atStep({ readLog: async () => 'kernel panic\n' })
    await world.cloud.end(machineId, 'shut down', {
      cause: 'its image is broken',
      remedy: 'Use another.',
      kind: 'other' as const,
    })
    await expect(awaitMachine(context)).rejects.toMatchObject({
      code: 'MACHINE_ENDED',
      why: expect.stringMatching(/shut down.*its image is broken/),
      details: { log_tail: 'kernel panic' },
    })
  })

  it('prefers the machine’s own reason for its end to the provider’s', async () => {
    const cause = { cause: 'no route to the control plane', remedy: 'Open port 443.', isCertain: true }
    const { context, machineId } = await atStep({ findBootCause: async () => cause })
    await world.cloud.end(machineId, 'shut down', { cause: 'user request', remedy: '', kind: 'other' as const })
    await expect(awaitMachine(context)).rejects.toMatchObject({ why: expect.stringContaining('no route') })
  })

  it('fails when the provider does not know the machine, but not soon after its launch', async () => {
    const { context } = await atStep({ ...answers([ABSENT, ABSENT]), settleMs: 60_000 })
    expect(await world.clock.during(awaitMachine(context))).toMatchObject({ status: 'succeeded' })
    await world.clock.advance(60_000)
    context.provider.describe = async () => ABSENT
    await expect(awaitMachine(context)).rejects.toMatchObject({
      code: 'MACHINE_ENDED',
      why: expect.stringContaining('no longer knows it'),
    })
  })

  it('is skipped when none was launched', async () => {
    world.providerChanges = createExistingProvider()
    const { context } = world.at('await-machine')
    expect(await awaitMachine(context)).toMatchObject({ status: 'skipped' })
  })
})

describe('looking at a machine', () => {
  it('continues for a machine ending for lack of capacity until it has ended', async () => {
    const end = { cause: 'no room', remedy: '', kind: 'capacity' as const }
    const ending = (machine: Machine) => found<Machine>({ ...machine, state: 'terminating', end })
    const { context, machineId } = await atStep(answers([ending]))
    expect(await lookAtMachine(context, machineId)).toBe('unknown')
    await world.cloud.end(machineId, 'no room', end)
    await expect(lookAtMachine(context, machineId)).rejects.toMatchObject({ code: 'LAUNCH_CAPACITY' })
  })

  it('does not call the end of a machine that ran a lack of capacity', async () => {
    const { context, machineId } = await atStep()
    await world.clock.during(awaitMachine(context))
    await world.cloud.end(machineId, 'reclaimed', { cause: 'no room', remedy: '', kind: 'capacity' as const })
    await expect(lookAtMachine(context, machineId)).rejects.toMatchObject({ code: 'MACHINE_ENDED' })
  })
})

describe('a spot machine that AWS takes back', () => {
  const reclaim = { cause: 'AWS took the spot machine back', remedy: '', kind: 'reclaim' as const }
  const spot = { placements: [{ ...NO_CHOICE, market: 'spot' as const }] }

  it('is recognised once AWS says so', async () => {
    const ending = (machine: Machine) => found<Machine>({ ...machine, state: 'terminating', end: null })
    const { context, machineId } = await atStep(answers([ending]))
    context.record(spot)
    expect(await lookAtMachine(context, machineId)).toBe('unknown')
    await world.cloud.end(machineId, 'Server.SpotInstanceTermination', reclaim)
    await expect(lookAtMachine(context, machineId)).rejects.toMatchObject({ code: 'MACHINE_RECLAIMED', exitCode: 5 })
  })

  it('explains a failure on it, and nothing else does', async () => {
    const { context, machineId } = await atStep()
    expect(await findReclaim(context)).toBeUndefined()
    context.record(spot)
    expect(await findReclaim(context)).toBeUndefined()
    world.providerChanges = { describe: async () => unknown('throttled') }
    expect(await world.clock.during(findReclaim(world.again('await-machine').context))).toBeUndefined()
    world.providerChanges = {}
    await world.cloud.end(machineId, 'Server.SpotInstanceTermination', reclaim)
    const found = await findReclaim(world.again('await-machine').context)
    expect(found).toMatchObject({ code: 'MACHINE_RECLAIMED' })
  })
})

it('shows the last lines of a log, and none of an unreadable one', async () => {
  const lines = Array.from({ length: 100 }, (_, index) => `line ${index}`)
  const { context } = await atStep({ readLog: async () => `${lines.join('\n')}\n` })
  expect((await readLogTail(context)).split('\n')).toEqual(lines.slice(-30))
  context.provider.readLog = () => Promise.reject(new Error('access denied'))
  expect(await readLogTail(context)).toBe('')
})
