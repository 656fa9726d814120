/** Leases: only the holder may change a job, and a job whose holder is gone ends or is leased again. */
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import type { JobEvent, LeasedJob } from '../../contract/schemas/job.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { sweep } from '../background/periodic-work.ts'
import { refusalOf } from '../testing/requests.ts'
import { useTestServer } from '../testing/use-test-server.ts'

const LONG_AGO = new Date(0)

const { server, tenant } = useTestServer()

/** A cluster with one job, leased once. */
async function leaseOne() {
  const { clusterId, agent } = await server.onboard(tenant)
  const params = { cluster_id: clusterId }
  const { job_id } = await tenant.client.call('launchJob', { params, body: { job_kind: 'resnet50_benchmark' } })
  const lease = async () => {
    const [job] = (await agent.call('pollJobs', { params, body: { wait_seconds: 0 } })).jobs
    if (!job) throw new Error('there was no job to lease')
    return job
  }
  const address = { ...params, job_id }
  return {
    address,
    first: await lease(),
    lease,
    read: () => tenant.client.call('getJob', { params: address }),
    cancel: () => tenant.client.call('cancelJob', { params: address }),
    renew: (job: LeasedJob) => agent.call('renewLease', { params: address, body: { lease_token: job.lease.token } }),
    report: (job: LeasedJob, events: JobEvent[] = [], started = true) =>
      agent.call('reportJobEvents', { params: address, body: { lease_token: job.lease.token, started, events } }),
    complete: (job: LeasedJob, body: Partial<Completion> = {}) =>
      agent.call('completeJob', {
        params: address,
        body: { status: 'succeeded', lease_token: job.lease.token, ...body },
      }),
    /** As if the agent had been silent for a long time. */
    async expire() {
      await server.db.updateTable('jobs').set({ lease_expires_at: LONG_AGO }).where('job_id', '=', job_id).execute()
      await sweep(server.app, LONG_AGO)
    },
  }
}

interface Completion {
  status: 'succeeded' | 'failed' | 'cancelled' | 'lost'
  metrics: { throughput: { value: number; unit: string } }
  output_payload: Record<string, unknown>
  error_message: string
}

const log = (sequence: number, line: string): JobEvent => ({
  sequence,
  at: '2026-01-01T00:00:00.000Z',
  kind: 'log',
  data: { stream: 'stdout', line },
})

describe('the holder of a lease', () => {
  it('renews it, starts the job, reports, and completes it', async () => {
    const { first, renew, report, complete, read } = await leaseOne()
    const renewed = await renew(first)
    expect(Date.parse(renewed.lease.expires_at)).toBeGreaterThanOrEqual(Date.parse(first.lease.expires_at))
    expect(renewed).toMatchObject({ lease: { epoch: 1 }, cancel_requested: false })
    expect(await report(first, [log(1, 'hello')])).toEqual({ last_sequence: 1, cancel_requested: false })
    expect(await read()).toMatchObject({ status: 'running', started_at: expect.any(String), finished_at: null })
    const metrics = { throughput: { value: 343.2, unit: 'images/s' } }
    await complete(first, { metrics, output_payload: { a: [1] } })
    expect(await read()).toMatchObject({
      status: 'succeeded',
      metrics,
      output_payload: { a: [1] },
      finished_at: expect.any(String),
    })
  })

  it('may repeat every request: events are stored once, and a completion gets the same answer', async () => {
    const { first, report, complete, address } = await leaseOne()
    await report(first, [log(1, 'a'), log(2, 'b')])
    expect(await report(first, [log(1, 'a'), log(2, 'b'), log(3, 'c')])).toMatchObject({ last_sequence: 3 })
    const { items } = await tenant.client.call('listJobEvents', { params: address })
    expect(items).toEqual([log(1, 'a'), log(2, 'b'), log(3, 'c')])
    const answer = await complete(first, { metrics: { throughput: { value: 1, unit: 'images/s' } } })
    expect(await complete(first, { metrics: { throughput: { value: 1, unit: 'images/s' } } })).toEqual(answer)
  })

  it.each(['succeeded', 'failed', 'cancelled', 'lost'] as const)('may repeat a completion as %s', async (status) => {
    const { first, complete } = await leaseOne()
    const answer = await complete(first, { status, error_message: 'as it was' })
    expect(answer).toMatchObject({ status, error_message: 'as it was' })
    expect(await complete(first, { status, error_message: 'as it was' })).toEqual(answer)
  })

  it('cannot change a stored result', async () => {
    const { first, complete, renew, report, read } = await leaseOne()
    await complete(first, { status: 'failed', error_message: 'first' })
    expect(await complete(first, { status: 'succeeded', error_message: 'second' })).toMatchObject({ status: 'failed' })
    expect(await refusalOf(renew(first))).toMatchObject({ code: 'LEASE_STALE' })
    expect(await refusalOf(report(first, [log(1, 'late')]))).toMatchObject({ code: 'LEASE_STALE' })
    expect(await read()).toMatchObject({ status: 'failed', error_message: 'first' })
  })

  it('learns of a cancellation from a renewal and from a report', async () => {
    const { first, renew, report, cancel, complete, read } = await leaseOne()
    await report(first)
    expect(await cancel()).toMatchObject({ status: 'running', cancel_requested: true })
    expect(await renew(first)).toMatchObject({ cancel_requested: true })
    expect(await report(first)).toMatchObject({ cancel_requested: true })
    await complete(first, { status: 'cancelled' })
    expect(await read()).toMatchObject({ status: 'cancelled', cancel_requested: true })
  })

  it('may report text that the database cannot store: the rest of it is kept', async () => {
    const { first, report, complete, read, address } = await leaseOne()
    await report(first, [log(1, 'before\u0000after'), log(2, 'half of a pair: \ud83d.')])
    const { items } = await tenant.client.call('listJobEvents', { params: address })
    expect(items).toEqual([log(1, 'before\ufffdafter'), log(2, 'half of a pair: \ufffd.')])
    const payload = { 'a\u0000b': 'c\u0000d', kept: 'a literal \\u0000 in text' }
    await complete(first, { status: 'failed', error_message: 'died\u0000', output_payload: payload })
    expect(await read()).toMatchObject({
      error_message: 'died\ufffd',
      output_payload: { 'a\ufffdb': 'c\ufffdd', kept: 'a literal \\u0000 in text' },
    })
  })
})

describe('an expired lease', () => {
  it('passes a job that had not started to the next agent, and is refused from then on', async () => {
    const { first, expire, lease, renew, report, complete, read } = await leaseOne()
    await expire()
    expect(await read()).toMatchObject({ status: 'queued', lease_epoch: 1 })
    const refusals = () => Promise.all([renew(first), report(first), complete(first)].map(refusalOf))
    const stale = { code: 'LEASE_STALE', details: { http_status: 409 } }
    expect(await refusals()).toMatchObject([stale, stale, stale])
    const second = await lease()
    expect(second.lease).toMatchObject({ epoch: 2 })
    expect(await refusals()).toMatchObject([stale, stale, stale])
    expect(await complete(second)).toMatchObject({ status: 'succeeded', lease_epoch: 2 })
    expect(await refusalOf(complete(first))).toMatchObject({ code: 'LEASE_STALE' })
  })

  it('makes a running job lost, and never runs it again', async () => {
    const { first, expire, report, complete, read, lease } = await leaseOne()
    await report(first)
    await expire()
    expect(await read()).toMatchObject({ status: 'lost', error_code: 'JOB_LOST', finished_at: expect.any(String) })
    await expect(lease()).rejects.toThrow('no job to lease')
    expect(await refusalOf(complete(first))).toMatchObject({ code: 'LEASE_STALE' })
  })

  it('keeps a running job within the grace: an agent that was cut off may come back', async () => {
    const { first, report, read, complete, address } = await leaseOne()
    await report(first)
    const justNow = new Date(Date.now() - 5000)
    await server.db
      .updateTable('jobs')
      .set({ lease_expires_at: justNow })
      .where('job_id', '=', address.job_id)
      .execute()
    await sweep(server.app, LONG_AGO)
    expect(await read()).toMatchObject({ status: 'running' })
    expect(await complete(first)).toMatchObject({ status: 'succeeded' })
  })

  it('ends a job with a cancel request, whether it had started or not', async () => {
    for (const started of [true, false]) {
      const { first, expire, report, cancel, complete, read } = await leaseOne()
      await report(first, [], started)
      await cancel()
      await expire()
      expect(await read()).toMatchObject({ status: 'cancelled', finished_at: expect.any(String) })
      expect(await refusalOf(complete(first))).toMatchObject({ code: 'LEASE_STALE' })
    }
  })

  it('is extended right after the start of a server: agents could not renew while it was down', async () => {
    const { first, report, read, renew, address } = await leaseOne()
    await report(first)
    await server.db
      .updateTable('jobs')
      .set({ lease_expires_at: LONG_AGO })
      .where('job_id', '=', address.job_id)
      .execute()
    await sweep(server.app, new Date())
    expect(await read()).toMatchObject({ status: 'running' })
    expect(await renew(first)).toMatchObject({ lease: { epoch: 1 } })
  })
})

describe('cancelling', () => {
  it('ends a queued job at once, and never changes one that has ended', async () => {
    const { clusterId, agent } = await server.onboard(tenant)
    const params = { cluster_id: clusterId }
    const { job_id } = await tenant.client.call('launchJob', { params, body: { job_kind: 'resnet50_benchmark' } })
    const address = { params: { ...params, job_id } }
    const cancelled = await tenant.client.call('cancelJob', address)
    expect(cancelled).toMatchObject({ status: 'cancelled', finished_at: expect.any(String) })
    expect((await agent.call('pollJobs', { params, body: {} })).jobs).toEqual([])
    expect(await tenant.client.call('cancelJob', address)).toEqual(cancelled)
  })

  it('by archiving the cluster ends its jobs, and refuses new ones', async () => {
    const { first, report, read, address } = await leaseOne()
    await report(first)
    const params = { cluster_id: address.cluster_id }
    expect(await tenant.client.call('archiveCluster', { params })).toMatchObject({ status: 'archived' })
    expect(await read()).toMatchObject({ status: 'cancelled', error_message: 'The cluster was archived.' })
    const launch = tenant.client.call('launchJob', { params, body: { job_kind: 'resnet50_benchmark' } })
    expect(await refusalOf(launch)).toMatchObject({ code: 'CLUSTER_ARCHIVED' })
    expect(await refusalOf(tenant.client.call('createOnboardingToken', { params }))).toMatchObject({
      code: 'CLUSTER_ARCHIVED',
    })
  })
})

describe('the report of an agent is bounded', () => {
  it('keeps both ends of a long error message, and states the omitted length', async () => {
    const { complete, first } = await leaseOne()
    const error_message = `began${'x'.repeat(3_000_000)}ended`
    const job = await complete(first, { status: 'failed', error_message })
    expect(job.error_message?.length).toBeLessThan(17_000)
    expect(job.error_message).toMatch(/^beganx+\n\[… \d+ characters are left out …\]\nx+ended$/)
  })

  it.each([
    ['throughput', -5],
    ['throughput', 1e308],
    ['duration_seconds', -1],
    ['exit_code', 1.5],
  ])('refuses %s of %s, and the job can still be completed', async (name, value) => {
    const { complete, first } = await leaseOne()
    const metrics = { [name]: value } as unknown as Completion['metrics']
    expect(await refusalOf(complete(first, { metrics }))).toMatchObject({ code: 'REQUEST_INVALID' })
    expect(await complete(first)).toMatchObject({ status: 'succeeded' })
  })

  it('keeps metrics and progress small, because lists carry them', async () => {
    const { complete, report, first, read } = await leaseOne()
    const progress = { schema: 'radix.progress/v2', phase: 'train', epoch: 1, step: 1, total_steps: 2 }
    const rest = { throughput: { value: 1, unit: 'images/s' }, elapsed_seconds: 1, loss: null, extra: 'x'.repeat(5000) }
    const data = { ...progress, ...rest } as never
    await report(first, [{ sequence: 1, at: '2026-01-01T00:00:00Z', kind: 'progress', data }])
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`m${index}`, index]))
    const metrics = { throughput: { value: 5, unit: 'images/s' }, text: 'x'.repeat(3_000_000), ...many }
    await complete(first, { metrics: metrics as never })
    const job = await read()
    expect(job.progress).toBeNull()
    expect(job.metrics).toMatchObject({ throughput: { value: 5, unit: 'images/s' }, m0: 0 })
    expect(Object.keys(job.metrics ?? {})).toHaveLength(CONTROL_PLANE_LIMITS.jobMetrics.value)
    expect(job.metrics).not.toHaveProperty('text')
  })

  it('accepts events beyond the limit of a job without storing them, so that agents do not resend them', async () => {
    const { report, first, address } = await leaseOne()
    const most = CONTROL_PLANE_LIMITS.jobEvents.value
    const answer = await report(first, [log(most, 'the last'), log(most + 1, 'one too many')])
    expect(answer.last_sequence).toBe(most + 1)
    const { items } = await tenant.client.call('listJobEvents', { params: address })
    expect(items.map(({ sequence }) => sequence)).toEqual([most])
  })

  it('is left out of the list of jobs when it may be large', async () => {
    const { complete, first, read, address } = await leaseOne()
    await complete(first, { output_payload: { text: 'x'.repeat(1000) } })
    const { items } = await tenant.client.call('listJobs', { params: { cluster_id: address.cluster_id } })
    expect(items[0]).toMatchObject({ job_id: address.job_id, status: 'succeeded' })
    expect(items[0]).not.toHaveProperty('output_payload')
    expect(await read()).toMatchObject({ output_payload: { text: expect.any(String) } })
  })
})

it('a queue accepts only as many jobs as its limit, however many arrive at once', async () => {
  const { clusterId } = await server.onboard(tenant)
  const request = { params: { cluster_id: clusterId }, body: { job_kind: 'resnet50_benchmark' as const } }
  await sql`insert into jobs (job_id, cluster_id, tenant_id, job_kind, params, timeout_seconds)
    select 'job_full_' || n, ${clusterId}, ${tenant.tenantId}, 'resnet50_benchmark', '{}', 60
    from generate_series(4, ${CONTROL_PLANE_LIMITS.queuedJobs.value}::integer) as n`.execute(server.db)
  const launches = Array.from({ length: 20 }, () => tenant.client.call('launchJob', request, { retries: 0 }))
  const outcomes = await Promise.allSettled(launches)
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
  expect(await refusalOf(tenant.client.call('launchJob', request, { retries: 0 }))).toMatchObject({
    code: 'JOB_QUEUE_FULL',
  })
})
