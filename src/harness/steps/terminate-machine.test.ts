import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RadixError } from '../../errors/radix-error.ts'
import { createExistingProvider } from '../../providers/existing/existing-provider.ts'
import { PartlySeen, type Provider } from '../../providers/provider.ts'
import { afterLaunch } from '../testing/after-launch.ts'
import { HarnessWorld } from '../testing/world.ts'
import { terminateMachine, terminateMachines, terminationUnconfirmed } from './terminate-machine.ts'

let world: HarnessWorld
beforeEach(() => {
  world = new HarnessWorld()
})
afterEach(() => world.dispose())

const atStep = (changes: Partial<Provider> = {}) => afterLaunch(world, 'terminate-machine', changes)

describe('terminating', () => {
  it('ends the machine, and keeps the provider’s answer as the proof', async () => {
    const { context } = await atStep()
    expect(await world.clock.during(terminateMachine(context))).toMatchObject({ message: 'termination confirmed' })
    expect(world.cloud.livingMachines).toEqual([])
    expect(context.facts).toMatchObject({
      terminationRequestedAt: expect.any(String),
      terminationConfirmedAt: expect.any(String),
      terminationProof: 'provider fake: terminated on request; no machine is tagged with the run',
    })
  })

  it('has the same outcome a second time, also as the undo of another process', async () => {
    const { context } = await atStep()
    await world.clock.during(terminateMachine(context))
    const { terminationProof, terminationRequestedAt } = context.facts
    await world.clock.during(terminateMachines(world.again('launch-machine').context))
    expect(world.again('launch-machine').facts).toMatchObject({ terminationProof, terminationRequestedAt })
  })

  it('needs no control plane', async () => {
    const { context } = await atStep()
    for (const route of ['getCluster', 'updateRun', 'getRun', 'listJobs'] as const) {
      world.controlPlane.disturb(route, 'unreachable')
    }
    await world.clock.during(terminateMachines(context))
    expect(world.cloud.livingMachines).toEqual([])
    expect(world.controlPlane.requests).toEqual([])
  })

  it('finds a machine with only its tag', async () => {
    const { run, context } = await atStep()
    run.append({ type: 'recorded', facts: { machine: null } })
    await world.clock.during(terminateMachines(context))
    expect(world.cloud.livingMachines).toEqual([])
    expect(context.facts.machine?.machineId).toEqual(expect.any(String))
  })

  it('ends the machines it saw when a region did not answer, and finishes once all have answered', async () => {
    const { findByRun } = world.cloud.createProvider()
    const denied = new RadixError('AWS_ACCESS_DENIED', { message: 'us-west-2' })
    let answers = 0
    const { run, context, warnings } = await atStep({
      findByRun: async (runId) => {
        const machines = await findByRun(runId)
        if (answers++ < 3) throw new PartlySeen(machines, denied)
        return machines
      },
    })
    run.append({ type: 'recorded', facts: { machine: null } })
    await world.clock.during(terminateMachines(context))
    expect(answers).toBeGreaterThan(3)
    expect(world.cloud.livingMachines).toEqual([])
    expect(context.facts.terminationProof).toEqual(expect.any(String))
    expect(warnings).toEqual([])
  })

  it('repeats the question until the provider could look', async () => {
    const { context } = await atStep()
    world.cloud.isBlind = true
    const terminating = terminateMachines(context)
    await world.clock.advance(60_000)
    expect(context.facts.terminationConfirmedAt).toBeUndefined()
    world.cloud.isBlind = false
    await world.clock.during(terminating)
    expect(context.facts.terminationConfirmedAt).toEqual(expect.any(String))
  })

  it.each([
    ['a request that has no effect', 'terminationIsStuck', 'terminating|running'],
    ['a provider that could not look', 'isBlind', 'looking is denied'],
  ] as const)('is never confirmed by %s', async (_, trouble, words) => {
    const { context, stop, events, machineId } = await atStep()
    world.cloud[trouble] = true
    const terminating = terminateMachines(context)
    await world.clock.advance(600_000)
    stop(new Error('the time is up'))
    await expect(terminating).rejects.toMatchObject({
      code: 'TERMINATION_UNCONFIRMED',
      exitCode: 7,
      why: expect.stringMatching(words),
    })
    expect(context.facts.terminationConfirmedAt).toBeUndefined()
    const warnings = events.flatMap((event) => (event.type === 'warning' ? event.message : []))
    expect(warnings.join('\n')).toContain(`${machineId} may still cost money`)
    // A later process continues, and gets the confirmation.
    world.cloud[trouble] = false
    await world.clock.during(terminateMachines(world.again('launch-machine').context))
    expect(world.cloud.livingMachines).toEqual([])
  })

  it('reports that no machine was found when none was launched', async () => {
    const { context } = world.at('terminate-machine')
    expect(await world.clock.during(terminateMachine(context))).toMatchObject({ message: 'no machine was found' })
    expect(context.facts).toEqual({})
  })

  it('never ends a machine that Radix did not launch', async () => {
    const { context } = await atStep(createExistingProvider())
    expect(await terminateMachine(context)).toMatchObject({ status: 'skipped' })
    await terminateMachines(context)
    expect(world.cloud.livingMachines).toHaveLength(1)
  })
})

it('names the machine whose termination took too long', async () => {
  const { context, machineId } = await atStep()
  expect(terminationUnconfirmed(context, 600)).toMatchObject({
    code: 'TERMINATION_UNCONFIRMED',
    why: expect.stringContaining(machineId),
  })
})
