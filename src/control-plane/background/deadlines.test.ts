/** Jobs and runs that the server ends when their agent or harness does not. Time passes by changing rows. */

import { sql } from 'kysely'
import { describe, expect, it, vi } from 'vitest'
import { runRegistration } from '../../contract/testing/new-objects.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { refusalOf } from '../testing/requests.ts'
import { useTestServer } from '../testing/use-test-server.ts'
import { endOverdueJobs, endOverdueRuns } from './deadlines.ts'
import { sweep } from './periodic-work.ts'

// The server's own sweeper must not interfere.
const { server, tenant } = useTestServer({ settings: { sweepIntervalMs: 600_000 } })

const LONG_AGO = new Date(0)

const AGO_SECONDS = {
  timeout: 2 + CONTROL_PLANE_LIMITS.jobTimeoutGrace.value / 1000,
  cancel: CONTROL_PLANE_LIMITS.jobCancelGrace.value / 1000,
}

async function startJob(timeout_seconds: number) {
  const { clusterId, agent } = await server.onboard(tenant)
  const params = { cluster_id: clusterId }
  const { job_id } = await tenant.client.call('launchJob', {
    params,
    body: { job_kind: 'resnet50_benchmark', timeout_seconds },
  })
  const polled = await agent.call('pollJobs', { params, body: { max_jobs: 1, wait_seconds: 1 } })
  const lease_token = polled.jobs[0]?.lease.token ?? ''
  const path = { ...params, job_id }
  const started = { params: path, body: { lease_token, started: true, events: [] } }
  await agent.call('reportJobEvents', started)
  return {
    read: () => tenant.client.call('getJob', { params: path }),
    cancel: () => tenant.client.call('cancelJob', { params: path }),
    renew: () => agent.call('renewLease', { params: path, body: { lease_token } }),
    moveBack: (column: 'started_at' | 'cancel_requested_at', seconds: number) =>
      sql`update jobs set ${sql.ref(column)} = ${sql.ref(column)} - make_interval(secs => ${seconds})
        where job_id = ${job_id}`.execute(server.db),
  }
}

describe('a job whose agent keeps renewing its lease', () => {
  it('fails after its timeout, and the agent learns that the lease is lost', async () => {
    const job = await startJob(2)
    await job.moveBack('started_at', AGO_SECONDS.timeout - 10)
    await endOverdueJobs(server.app, LONG_AGO)
    expect(await job.read()).toMatchObject({ status: 'running' })
    await job.renew()
    await job.moveBack('started_at', 11)
    await endOverdueJobs(server.app, LONG_AGO)
    expect(await job.read()).toMatchObject({
      status: 'failed',
      error_code: 'WORKLOAD_TIMED_OUT',
      error_message: 'The job ran past its timeout of 2 s, and its agent did not end it.',
    })
    expect(await refusalOf(job.renew())).toMatchObject({ code: 'LEASE_STALE' })
  })

  it('gets its time from a server that has just started', async () => {
    const job = await startJob(2)
    await job.moveBack('started_at', AGO_SECONDS.timeout + 10)
    await endOverdueJobs(server.app, new Date())
    expect(await job.read()).toMatchObject({ status: 'running' })
  })

  it('is cancelled soon after a cancel request, whatever its timeout', async () => {
    const job = await startJob(86_400)
    await job.cancel()
    await endOverdueJobs(server.app, LONG_AGO)
    expect(await job.read()).toMatchObject({ status: 'running', cancel_requested: true })
    await job.renew()
    await job.moveBack('cancel_requested_at', AGO_SECONDS.cancel + 1)
    await endOverdueJobs(server.app, LONG_AGO)
    expect(await job.read()).toMatchObject({ status: 'cancelled', error_code: 'WORKLOAD_CANCELLED' })
    expect(await refusalOf(job.renew())).toMatchObject({ code: 'LEASE_STALE' })
  })
})

describe('a run past its deadline', () => {
  const machine = {
    machine_id: 'i-0123456789abcdef0',
    instance_type: 'g5.xlarge',
    launched_at: '2026-01-01T00:00:00.000Z',
    terminated_at: null,
  }

  async function register(change: Parameters<typeof update>[1] = {}) {
    const body = runRegistration({ deadline_at: new Date(Date.now() + 60_000).toISOString() })
    const { run_id } = await tenant.client.call('registerRun', { body })
    await update(run_id, { status: 'running', ...change })
    return run_id
  }
  function update(run_id: string, body: Parameters<typeof tenant.client.call<'updateRun'>>[1]['body']) {
    return tenant.client.call('updateRun', { params: { run_id }, body })
  }
  const read = (run_id: string) => tenant.client.call('getRun', { params: { run_id } })
  const letPass = (run_id: string, seconds: number) =>
    sql`update runs set deadline_at = deadline_at - make_interval(secs => ${seconds}),
      created_at = created_at - make_interval(secs => ${seconds}) where run_id = ${run_id}`.execute(server.db)
  const graceSeconds = CONTROL_PLANE_LIMITS.runDeadlineGrace.value / 1000

  it('is ended after the grace, and not while its harness may still end it', async () => {
    const run_id = await register()
    await letPass(run_id, graceSeconds)
    await endOverdueRuns(server.app)
    expect(await read(run_id)).toMatchObject({ status: 'running' })
    await letPass(run_id, 61)
    await endOverdueRuns(server.app)
    expect(await read(run_id)).toMatchObject({
      status: 'failed',
      error_code: 'RUN_TTL_EXCEEDED',
      cancel_requested: true,
      ended_at: expect.any(String),
    })
  })

  it('is never reported as terminated while its machine was last seen running', async () => {
    const alive = await register({ machine: { ...machine, state: 'running' } })
    const ended = await register({ machine: { ...machine, state: 'terminated' } })
    for (const run_id of [alive, ended]) await letPass(run_id, graceSeconds + 61)
    await endOverdueRuns(server.app)
    expect(await read(alive)).toMatchObject({ status: 'termination_unconfirmed' })
    expect(await read(ended)).toMatchObject({ status: 'failed' })
    // A clean-up may still report the confirmation.
    expect(await update(alive, { status: 'failed' })).toMatchObject({ status: 'failed' })
  })

  it.each([
    ['running', 'termination_unconfirmed'],
    ['failed', 'termination_unconfirmed'],
    ['pending', 'failed'],
    ['skipped', 'failed'],
  ] as const)('whose launch is %s and that reported no machine ends as %s', async (status, expected) => {
    const step = { name: 'launch-machine', status, started_at: null, finished_at: null, message: null }
    const run_id = await register({ steps: [step] })
    await letPass(run_id, graceSeconds + 61)
    await endOverdueRuns(server.app)
    expect(await read(run_id)).toMatchObject({ status: expected })
  })

  it('gets the grace from its registration when the clock of its harness is slow', async () => {
    const run_id = await register()
    await sql`update runs set deadline_at = now() - interval '1 day' where run_id = ${run_id}`.execute(server.db)
    await endOverdueRuns(server.app)
    expect(await read(run_id)).toMatchObject({ status: 'running' })
  })

  it('does not change once it has ended', async () => {
    const run_id = await register({ status: 'succeeded' })
    await letPass(run_id, graceSeconds + 61)
    await endOverdueRuns(server.app)
    expect(await read(run_id)).toMatchObject({ status: 'succeeded', error_code: null })
  })
})

it('begins no transaction when nothing is due', async () => {
  const begun = vi.spyOn(server.app.db, 'transaction')
  await sweep(server.app, LONG_AGO)
  begun.mockClear()
  await startJob(60)
  await sweep(server.app, LONG_AGO)
  expect(begun).not.toHaveBeenCalled()
  const overdue = await startJob(2)
  await overdue.moveBack('started_at', AGO_SECONDS.timeout + 10)
  await sweep(server.app, LONG_AGO)
  expect(begun).toHaveBeenCalledOnce()
  expect(await overdue.read()).toMatchObject({ status: 'failed' })
})
