import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RadixError } from '../../errors/radix-error.ts'
import { RUN_ID } from '../testing/journal.ts'
import { HarnessWorld } from '../testing/world.ts'
import { endRun, registerRun } from './register-run.ts'

let world: HarnessWorld
beforeEach(() => {
  world = new HarnessWorld()
})
afterEach(() => world.dispose())

const told = () => world.controlPlane.runs.get(RUN_ID)
const quote = { pricePerHourUsd: 4, source: 'a price list' }
const failure = { code: 'JOB_FAILED', title: 'Failed', why: 'out of memory', fix: 'use less' }

describe('registering the run', () => {
  it('sends the deadline, the parameters and the highest cost', async () => {
    const { context } = world.at('register-run', { quote }, { ttlMinutes: 30 })
    await world.clock.during(registerRun(context))
    expect(told()).toMatchObject({
      status: 'registered',
      deadline_at: '2026-03-02T12:30:00.000Z',
      worst_case_cost_usd: 2,
      parameters: { job_kind: 'resnet50_benchmark', trials: 2, ttl_minutes: 30, allow_cpu: true },
    })
  })

  it('sends no cost without a price', async () => {
    await world.clock.during(registerRun(world.at('register-run', { quote: null }).context))
    expect(told()?.worst_case_cost_usd).toBeNull()
  })

  it('has the same outcome a second time, also when the first answer was lost', async () => {
    world.controlPlane.disturb('registerRun', 'answer lost', 1)
    const { context } = world.at('register-run')
    await world.clock.during(registerRun(context))
    const first = told()
    await world.clock.during(registerRun(world.again('register-run').context))
    expect(told()).toEqual(first)
  })

  it('fails when the control plane is unreachable or refuses', async () => {
    const { context } = world.at('register-run')
    world.controlPlane.disturb('registerRun', 'unreachable')
    await expect(world.clock.during(registerRun(context))).rejects.toMatchObject({ code: 'API_UNREACHABLE' })
    world.controlPlane.disturb('registerRun', new RadixError('AUTH_TOKEN_INVALID', { reason: 'expired' }))
    await expect(world.clock.during(registerRun(context))).rejects.toMatchObject({ code: 'AUTH_TOKEN_INVALID' })
    expect(told()).toBeUndefined()
  })
})

describe('ending the run', () => {
  /** A registered run that is unwound after a failure. */
  async function failing() {
    const atWork = world.at('register-run')
    await world.clock.during(registerRun(atWork.context))
    atWork.run.append({ type: 'unwind-started', status: 'failed', failure })
    return atWork
  }

  it('reports its outcome, and has the same effect a second time', async () => {
    const { context } = await failing()
    await world.clock.during(endRun(context))
    const first = told()
    expect(first).toMatchObject({ status: 'failed', error_code: 'JOB_FAILED', ended_at: expect.any(String) })
    await world.clock.during(endRun(world.again('register-run').context))
    expect(told()).toEqual(first)
  })

  it('succeeds when the run was never registered', async () => {
    await world.clock.during(endRun(world.at('register-run').context))
    expect(told()).toBeUndefined()
  })

  it('keeps the status of a run that has already ended', async () => {
    const { context } = await failing()
    await context.call('updateRun', { params: { run_id: RUN_ID }, body: { status: 'cancelled' } })
    await world.clock.during(endRun(context))
    expect(told()?.status).toBe('cancelled')
  })

  it('fails when the control plane refused it and the run is still active', async () => {
    const { context } = await failing()
    world.controlPlane.disturb('updateRun', new RadixError('UNAVAILABLE', { reason: 'its database is away' }))
    await expect(world.clock.during(endRun(context))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    world.controlPlane.disturb('getRun', 'unreachable')
    await expect(world.clock.during(endRun(context))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    world.controlPlane.calm()
    await world.clock.during(endRun(context))
    expect(told()?.status).toBe('failed')
  })

  it('ends with the reason of the abort', async () => {
    const { context, stop } = await failing()
    world.controlPlane.disturb('updateRun', 'silent')
    const ending = endRun(context)
    const reason = new Error('the time is up')
    stop(reason)
    await expect(ending).rejects.toBe(reason)
  })

  it('keeps a run unconfirmed while its machine may exist, until the termination is confirmed', async () => {
    const { context, run } = await failing()
    run.append({ type: 'undo-finished', step: 'launch-machine', error: 'TERMINATION_UNCONFIRMED: no answer' })
    await world.clock.during(endRun(context))
    expect(told()).toMatchObject({ status: 'termination_unconfirmed', error_code: 'TERMINATION_UNCONFIRMED' })
    run.append({ type: 'undo-finished', step: 'launch-machine', error: null })
    await world.clock.during(endRun(context))
    expect(told()).toMatchObject({ status: 'failed', error_code: 'JOB_FAILED' })
  })
})
