import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RadixError } from '../../errors/radix-error.ts'
import { createExistingProvider } from '../../providers/existing/existing-provider.ts'
import { NO_CHOICE } from '../../providers/provider.ts'
import { afterLaunch } from '../testing/after-launch.ts'
import { RUN_ID } from '../testing/journal.ts'
import { HarnessWorld } from '../testing/world.ts'
import { cancelJobs, jobNotCompletedInTime, runTrials } from './run-trials.ts'

let world: HarnessWorld
beforeEach(() => {
  world = new HarnessWorld()
})
afterEach(() => world.dispose())

const atStep = () =>
  world.at('run-trials', { clusterId: world.controlPlane.addCluster({ status: 'active' }).cluster_id })
const jobs = () => [...world.controlPlane.jobs.values()]

describe('running the trials', () => {
  it('runs each as a job of the run, one after the other, and reports them', async () => {
    const { context, events } = atStep()
    expect(await world.clock.during(runTrials(context))).toMatchObject({ message: '343.2 images/s, 343.2 images/s' })
    expect(jobs()).toMatchObject([{ run_id: RUN_ID }, { run_id: RUN_ID }])
    expect(world.controlPlane.requests.flatMap(({ key }) => key ?? [])).toEqual([
      `${RUN_ID}-trial-1`,
      `${RUN_ID}-trial-2`,
    ])
    expect(events.map(({ type }) => type)).toEqual([
      'trial-started',
      'trial-finished',
      'trial-started',
      'trial-finished',
    ])
    expect(context.facts.trials).toMatchObject([{ status: 'succeeded' }, { status: 'succeeded' }])
  })

  it('launches no second job for a trial when any process repeats it', async () => {
    await world.clock.during(runTrials(atStep().context))
    await world.clock.during(runTrials(world.again('run-trials').context))
    expect(jobs()).toHaveLength(2)
  })

  it('finds the job whose launch was never answered', async () => {
    const { context } = atStep()
    world.controlPlane.disturb('launchJob', 'answer lost', 5)
    await expect(world.clock.during(runTrials(context))).rejects.toMatchObject({ code: 'API_UNREACHABLE' })
    expect(context.facts.trials).toMatchObject([{ trial: 1, jobId: null }])
    await world.clock.during(runTrials(world.again('run-trials').context))
    expect(jobs()).toHaveLength(2)
  })

  it('stops at the first that fails, and keeps its job', async () => {
    world.controlPlane.jobEnding = {
      status: 'failed',
      error_code: 'WORKLOAD_OUT_OF_MEMORY',
      error_message: 'too large',
    }
    const { context, events } = atStep()
    await expect(world.clock.during(runTrials(context))).rejects.toMatchObject({
      why: expect.stringContaining('too large'),
    })
    expect(context.facts.trials).toMatchObject([{ trial: 1, status: 'failed', jobId: jobs()[0]?.job_id }])
    expect(events.at(-1)).toMatchObject({ type: 'trial-finished', result: null, error: expect.any(String) })
    expect(jobs()).toHaveLength(1)
  })

  it('names the reclaim of a spot machine instead of what the agent reported', async () => {
    const { context, facts } = await afterLaunch(world, 'run-trials')
    context.record({ placements: [{ ...NO_CHOICE, market: 'spot' }] })
    const end = { cause: 'AWS took it back', remedy: '', kind: 'reclaim' as const }
    await world.cloud.end(facts.machine?.machineId ?? '', 'Server.SpotInstanceTermination', end)
    world.controlPlane.jobEnding = { status: 'failed', error_code: 'AGENT_STOPPED', error_message: 'SIGTERM' }
    await expect(world.clock.during(runTrials(context))).rejects.toMatchObject({ code: 'MACHINE_RECLAIMED' })
  })

  it('fails when the control plane refuses the job', async () => {
    world.controlPlane.disturb('launchJob', new RadixError('JOB_PARAMS_INVALID', { message: 'epochs' }))
    await expect(world.clock.during(runTrials(atStep().context))).rejects.toMatchObject({ code: 'JOB_PARAMS_INVALID' })
    expect(jobs()).toEqual([])
  })

  it('gives a job slightly more time than the run, within the limits of the control plane', async () => {
    const { context } = atStep()
    await world.clock.during(runTrials(context))
    const [job] = jobs()
    expect(job?.timeout_seconds).toBeGreaterThan(context.config.ttlMinutes * 60)
  })
})

describe('cancelling the jobs', () => {
  it('cancels those in progress, also one whose launch was never answered, and has the same outcome a second time', async () => {
    const { context, facts } = atStep()
    const clusterId = facts.clusterId ?? ''
    world.controlPlane.jobEnding = null
    world.controlPlane.disturb('launchJob', 'answer lost', 5)
    await expect(world.clock.during(runTrials(context))).rejects.toMatchObject({ code: 'API_UNREACHABLE' })
    const others = { cluster_id: clusterId, run_id: 'run_other' }
    world.controlPlane.addJob(others)
    world.controlPlane.addJob({ cluster_id: clusterId, run_id: RUN_ID, status: 'succeeded' })
    await world.clock.during(cancelJobs(context))
    await world.clock.during(cancelJobs(context))
    expect(jobs().map(({ status }) => status)).toEqual(['cancelled', 'queued', 'succeeded'])
    expect(world.controlPlane.countRequests('cancelJob')).toBe(1)
  })

  it('waits for their end only on a cluster that stays', async () => {
    const { context, facts } = atStep()
    const { job_id } = world.controlPlane.addJob({
      cluster_id: facts.clusterId ?? '',
      run_id: RUN_ID,
      status: 'running',
    })
    await world.clock.during(cancelJobs(context))
    expect(jobs()).toMatchObject([{ status: 'running', cancel_requested: true }])
    world.providerChanges = createExistingProvider()
    const cancelling = cancelJobs(world.again('run-trials').context)
    let isDone = false
    void cancelling.then(() => {
      isDone = true
    })
    await world.clock.advance(60_000)
    expect(isDone).toBe(false)
    world.controlPlane.endJob(job_id, { status: 'cancelled' })
    await world.clock.during(cancelling)
  })

  it('succeeds when the cluster is archived, and without a cluster', async () => {
    await world.clock.during(cancelJobs(world.at('run-trials', { clusterId: 'cl_gone' }).context))
    world.store.cut(RUN_ID, 0)
    await world.clock.during(cancelJobs(world.at('run-trials').context))
    expect(world.controlPlane.countRequests('listJobs')).toBe(1)
  })

  it.each(['listJobs', 'cancelJob'] as const)('fails while %s goes unanswered', async (route) => {
    const { context, facts } = atStep()
    world.controlPlane.addJob({ cluster_id: facts.clusterId ?? '', run_id: RUN_ID })
    world.controlPlane.disturb(route, 'unreachable')
    await expect(world.clock.during(cancelJobs(context))).rejects.toMatchObject({ code: 'API_UNREACHABLE' })
    world.controlPlane.calm()
    await world.clock.during(cancelJobs(context))
    expect(jobs()).toMatchObject([{ status: 'cancelled' }])
  })
})

it('names the job that was running at the deadline', () => {
  const trial = (number: number, status: 'succeeded' | 'running') =>
    ({ trial: number, key: `k${number}`, jobId: `job_${number}`, status }) as const
  const { context, run } = atStep()
  expect(jobNotCompletedInTime(context)).toMatchObject({ code: 'JOB_NOT_COMPLETED_IN_TIME' })
  run.append({ type: 'recorded', facts: { trials: [trial(1, 'succeeded'), trial(2, 'running')] } })
  expect(jobNotCompletedInTime(context)).toMatchObject({ why: expect.stringMatching(/job_2.*running/) })
})
