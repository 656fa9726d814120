/** What the control plane ends by itself, and what it deletes: time is moved by changing rows, never by waiting. */
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import { sweep } from '../background/sweeper.ts'
import { refusalOf } from '../testing/requests.ts'
import { startTestServer, type Tenant, type TestServer } from '../testing/test-server.ts'
import { deleteDeadTokens, deleteOldJobEvents } from './retention.ts'

const LONG_AGO = new Date(0)

let server: TestServer
let tenant: Tenant
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())
beforeEach(async () => {
  tenant = await server.newTenant()
})

async function startJob(timeout_seconds: number) {
  const { clusterId, agent } = await server.onboard(tenant)
  const params = { cluster_id: clusterId }
  const body = { job_kind: 'resnet50_benchmark' as const, timeout_seconds }
  const { job_id } = await tenant.client.call('launchJob', { params, body })
  const { jobs } = await agent.call('pollJobs', { params, body: { wait_seconds: 0 } })
  const lease_token = jobs[0]?.lease.token ?? ''
  const address = { ...params, job_id }
  const log = { kind: 'log' as const, data: { stream: 'stdout' as const, line: 'hello' } }
  const events = [{ sequence: 1, at: new Date().toISOString(), ...log }]
  await agent.call('reportJobEvents', { params: address, body: { lease_token, started: true, events } })
  return {
    address,
    renew: () => agent.call('renewLease', { params: address, body: { lease_token } }),
    complete: () => agent.call('completeJob', { params: address, body: { status: 'succeeded', lease_token } }),
    cancel: () => tenant.client.call('cancelJob', { params: address }),
    read: () => tenant.client.call('getJob', { params: address }),
    listEvents: async () => (await tenant.client.call('listJobEvents', { params: address })).items,
    async pass(seconds: number) {
      const by = sql`make_interval(secs => ${seconds})`
      await sql`update jobs set leased_at = leased_at - ${by}, started_at = started_at - ${by},
        finished_at = finished_at - ${by} where job_id = ${job_id}`.execute(server.db)
      await sweep(server.app, LONG_AGO)
    },
  }
}

describe('a job past its timeout', () => {
  it('ends, though its agent renews the lease', async () => {
    const { renew, read, pass } = await startJob(2)
    await pass(100)
    await renew()
    expect(await read()).toMatchObject({ status: 'running' })
    await pass(30)
    expect(await read()).toMatchObject({ status: 'failed', error_code: 'WORKLOAD_TIMED_OUT' })
    expect(await refusalOf(renew())).toMatchObject({ code: 'LEASE_STALE' })
  })

  it('ends as cancelled where that was asked for and the agent did not do it', async () => {
    const { cancel, read, pass } = await startJob(2)
    await cancel()
    await pass(130)
    expect(await read()).toMatchObject({ status: 'cancelled' })
  })
})

describe('a run past its deadline', () => {
  const machine = { machine_id: 'i-1', instance_type: null, launched_at: null, terminated_at: null }
  it.each([
    ['failed', 'RUN_TTL_EXCEEDED', 'existing', null],
    ['failed', 'RUN_TTL_EXCEEDED', 'ec2', { ...machine, state: 'terminated' as const }],
    ['termination_unconfirmed', 'TERMINATION_UNCONFIRMED', 'ec2', { ...machine, state: 'running' as const }],
    ['termination_unconfirmed', 'TERMINATION_UNCONFIRMED', 'ec2', null],
  ] as const)('ends as %s (%s) with provider %s and the machine %j', async (status, error_code, provider, machine) => {
    const run_id = newId('run')
    const deadline_at = new Date(Date.now() + 60_000).toISOString()
    const body = { run_id, provider, cluster_name: 'a', parameters: {}, deadline_at }
    await tenant.client.call('registerRun', { body })
    await tenant.client.call('updateRun', { params: { run_id }, body: { status: 'running', machine } })
    const read = () => tenant.client.call('getRun', { params: { run_id } })
    const endAt = (before: string) =>
      sql`update runs set deadline_at = now() - ${before}::interval where run_id = ${run_id}`.execute(server.db)
    await endAt('50 minutes')
    await sweep(server.app, LONG_AGO)
    expect(await read()).toMatchObject({ status: 'running', ended_at: null })
    await endAt('70 minutes')
    await sweep(server.app, LONG_AGO)
    expect(await read()).toMatchObject({ status, error_code, ended_at: expect.any(String) })
  })
})

describe('the retention', () => {
  it('deletes the events of a job long after its end, and keeps the job', async () => {
    const { complete, pass, read, listEvents } = await startJob(60)
    await complete()
    await pass(29 * 86_400)
    await deleteOldJobEvents(server.db)
    expect(await listEvents()).toHaveLength(1)
    await pass(2 * 86_400)
    await deleteOldJobEvents(server.db)
    expect(await listEvents()).toEqual([])
    expect(await read()).toMatchObject({ status: 'succeeded' })
  })

  it('deletes tokens that open nothing any more, and no others', async () => {
    const { clusterId } = await server.onboard(tenant)
    const count = async () => {
      const { rows } = await sql<{ count: string }>`
        select count(*) from onboarding_tokens where cluster_id = ${clusterId}`.execute(server.db)
      return Number(rows[0]?.count)
    }
    await deleteDeadTokens(server.db)
    expect(await count()).toBe(1)
    await sql`update onboarding_tokens set expires_at = now() - interval '31 days'
      where cluster_id = ${clusterId}`.execute(server.db)
    await deleteDeadTokens(server.db)
    expect(await count()).toBe(0)
  })
})
