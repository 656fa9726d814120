import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Job } from '../../contract/schemas/job.ts'
import { unknown } from '../../core/lookup.ts'
import type { Provider } from '../../providers/provider.ts'
import { HarnessWorld } from '../testing/world.ts'
import { awaitJob } from './await-job.ts'
import { launchMachine } from './launch-machine.ts'

let world: HarnessWorld
beforeEach(() => {
  world = new HarnessWorld()
})
afterEach(() => world.dispose())

/** A job on a launched machine, or on an existing cluster. */
async function atStep({ hasMachine = true, ...changes }: Partial<Provider> & { hasMachine?: boolean } = {}) {
  const clusterId = world.controlPlane.addCluster({ status: 'active' }).cluster_id
  const { context } = world.at('run-trials', { clusterId })
  if (hasMachine) await launchMachine(context)
  world.providerChanges = changes
  const job = world.controlPlane.addJob({ cluster_id: clusterId, status: 'running' })
  const atWork = world.again('run-trials')
  return { ...atWork, job, machineId: atWork.facts.machine?.machineId ?? '' }
}

const follow = ({ context, job }: { context: Parameters<typeof awaitJob>[0]; job: Job }) =>
  awaitJob(context, job, () => {})

describe('waiting for a job', () => {
  it('sends nothing for a job that has ended', async () => {
    const atWork = await atStep()
    const job: Job = { ...atWork.job, status: 'failed' }
    expect(await follow({ ...atWork, job })).toBe(job)
    expect(world.controlPlane.requests).toEqual([])
  })

  it.each([true, false])('ends with the job, with a machine to watch: %s', async (hasMachine) => {
    const atWork = await atStep({ hasMachine })
    const following = follow(atWork)
    await world.clock.advance(120_000)
    world.controlPlane.endJob(atWork.job.job_id, { status: 'succeeded' })
    expect(await world.clock.during(following)).toMatchObject({ status: 'succeeded' })
  })

  it('continues while the control plane is unreachable', async () => {
    const atWork = await atStep()
    const following = follow(atWork)
    await world.clock.advance(10_000)
    world.controlPlane.disturb('streamJob', 'unreachable', 20)
    world.controlPlane.disturb('getJob', 'unreachable', 20)
    await world.clock.advance(120_000)
    world.controlPlane.endJob(atWork.job.job_id, { status: 'succeeded' })
    expect(await world.clock.during(following)).toMatchObject({ status: 'succeeded' })
  })

  it('counts the job as lost once its machine has ended', async () => {
    const atWork = await atStep()
    const following = follow(atWork)
    await world.cloud.end(atWork.machineId, 'reclaimed')
    await expect(world.clock.during(following)).rejects.toMatchObject({
      code: 'JOB_LOST',
      why: expect.stringContaining('reclaimed'),
      details: { log_tail: 'the fake machine has booted' },
    })
  })

  it('counts it as lost when the control plane is unreachable as well', async () => {
    const atWork = await atStep()
    world.controlPlane.disturb('getJob', 'unreachable')
    world.controlPlane.disturb('streamJob', 'unreachable')
    const following = follow(atWork)
    await world.cloud.end(atWork.machineId, 'reclaimed')
    await expect(world.clock.during(following)).rejects.toMatchObject({ code: 'JOB_LOST' })
  })

  it('names the reclaim of a spot machine', async () => {
    const atWork = await atStep()
    const following = follow(atWork)
    const end = { cause: 'AWS took it back', remedy: '', kind: 'reclaim' as const }
    await world.cloud.end(atWork.machineId, 'Server.SpotInstanceTermination', end)
    await expect(world.clock.during(following)).rejects.toMatchObject({ code: 'MACHINE_RECLAIMED' })
  })

  it('keeps a result that arrived before the machine ended', async () => {
    const atWork = await atStep()
    // The stream does not report it.
    world.controlPlane.disturb('streamJob', 'silent')
    const following = follow(atWork)
    world.controlPlane.endJob(atWork.job.job_id, { status: 'succeeded' })
    await world.cloud.end(atWork.machineId, 'terminated')
    expect(await world.clock.during(following)).toMatchObject({ status: 'succeeded' })
  })

  it('does not count "could not look" as a machine that ended', async () => {
    const atWork = await atStep({ describe: async () => unknown('access denied') })
    const following = follow(atWork)
    await world.clock.advance(600_000)
    world.controlPlane.endJob(atWork.job.job_id, { status: 'succeeded' })
    expect(await world.clock.during(following)).toMatchObject({ status: 'succeeded' })
  })

  it('ends with the reason of the abort, and sends nothing more', async () => {
    const atWork = await atStep()
    const following = follow(atWork)
    await world.clock.advance(1000)
    const reason = new Error('the deadline')
    atWork.stop(reason)
    await expect(world.clock.during(following)).rejects.toBe(reason)
    const count = world.controlPlane.requests.length
    await world.clock.advance(60_000)
    expect(world.controlPlane.requests).toHaveLength(count)
  })
})
