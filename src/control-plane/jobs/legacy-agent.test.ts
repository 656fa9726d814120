/**
 * Agents of the earlier Radix work unchanged. `LegacyAgent` sends only what they send, with plain requests: an exchange
 * with an empty body, a heartbeat of three members, a poll that does not wait, no renewal, no lease token.
 */
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { sweep } from '../background/periodic-work.ts'
import { useTestServer } from '../testing/use-test-server.ts'

/** When the sweeping server became ready: so long ago that its start grace is over. */
const LONG_AGO = new Date(0)

const { server, tenant } = useTestServer()

interface LegacyJob {
  job_id: string
  job_kind: string
  params: Record<string, unknown>
}

class LegacyAgent {
  private clusterToken = ''
  private readonly tenantId: string
  private readonly base: string

  constructor(url: string, tenantId: string, clusterId: string) {
    this.tenantId = tenantId
    this.base = `${url}/v1/clusters/${clusterId}`
  }

  async exchange(oneTimeToken: string): Promise<void> {
    const response = await fetch(`${this.base}/auth/exchange`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'X-Radix-Tenant-Id': this.tenantId,
        'X-Radix-One-Time-Token': oneTimeToken,
      },
    })
    expect(response.status).toBe(200)
    const answer: { cluster_token: string } = JSON.parse(await response.text())
    this.clusterToken = answer.cluster_token
  }

  async heartbeat(): Promise<void> {
    const capabilities = { gpu_count: 1, gpus: [{ name: 'NVIDIA A10G', memory_mb: 23028 }], cuda: '12.2' }
    const answer = await this.post('/heartbeat', { status: 'active', capabilities, agent_version: '0.1.0' })
    expect(answer.status).toBe(200)
  }

  async poll(): Promise<LegacyJob[]> {
    const answer = await this.post('/jobs/poll', { max_jobs: 1 })
    expect(answer.status).toBe(200)
    const { jobs }: { jobs: LegacyJob[] } = JSON.parse(answer.text)
    return jobs
  }

  complete(jobId: string, result: Record<string, unknown>): Promise<{ status: number; text: string }> {
    return this.post(`/jobs/${jobId}/complete`, { tenant_id: this.tenantId, ...result })
  }

  private async post(path: string, body: unknown): Promise<{ status: number; text: string }> {
    const response = await fetch(this.base + path, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'X-Radix-Tenant-Id': this.tenantId,
        'X-Radix-Cluster-Token': this.clusterToken,
      },
      body: JSON.stringify(body),
    })
    const text = await response.text()
    if (response.ok) expectNoNull(text)
    return { status: response.status, text }
  }
}

/** A client made of dictionaries takes the default for an absent member, and fails on null. */
function expectNoNull(json: string): void {
  JSON.parse(json, (member, value: unknown) => {
    expect(value, member).not.toBeNull()
    return value
  })
}

const SUCCESS = {
  status: 'succeeded',
  output_payload: { stdout: 'epoch 1 done' },
  metrics: { duration_seconds: 74.6, throughput_images_per_sec: 343.2, exit_code: 0 },
  error_message: null,
}

async function onboard() {
  const { cluster_id } = await tenant.client.call('createCluster', { body: { name: 'old', type: 'docker_host' } })
  const params = { cluster_id }
  const { one_time_token } = await tenant.client.call('createOnboardingToken', { params })
  const agent = new LegacyAgent(server.url, tenant.tenantId, cluster_id)
  await agent.exchange(one_time_token)
  await agent.heartbeat()
  return {
    agent,
    launch: async (timeout_seconds = 2700) => {
      const body = { job_kind: 'resnet50_benchmark' as const, timeout_seconds }
      return (await tenant.client.call('launchJob', { params, body })).job_id
    },
    readJob: (job_id: string) => tenant.client.call('getJob', { params: { ...params, job_id } }),
    cancel: (job_id: string) => tenant.client.call('cancelJob', { params: { ...params, job_id } }),
    readStatus: async () => (await tenant.client.call('getCluster', { params })).status,
    /** Moves all times back by `seconds`, and then runs the background work. */
    async pass(seconds: number) {
      await moveBack(cluster_id, seconds)
      await sweep(server.app, LONG_AGO)
    },
  }
}

async function moveBack(clusterId: string, seconds: number): Promise<void> {
  const by = sql`make_interval(secs => ${seconds})`
  await sql`update clusters set last_heartbeat_at = last_heartbeat_at - ${by} where cluster_id = ${clusterId}`.execute(
    server.db,
  )
  await sql`update jobs set leased_at = leased_at - ${by}, lease_expires_at = lease_expires_at - ${by},
    finished_at = finished_at - ${by} where cluster_id = ${clusterId}`.execute(server.db)
}

describe('an earlier agent', () => {
  it('exchanges its token, sends heartbeats, polls, runs and completes', async () => {
    const { agent, launch, readJob, readStatus } = await onboard()
    expect(await readStatus()).toBe('active')
    expect(await agent.poll()).toEqual([])
    const jobId = await launch()
    const [job] = await agent.poll()
    expect(job).toMatchObject({ job_id: jobId, job_kind: 'resnet50_benchmark', params: { epochs: 1, batch_size: 128 } })
    expect((await agent.complete(jobId, SUCCESS)).status).toBe(200)
    expect(await readJob(jobId)).toMatchObject({
      status: 'succeeded',
      metrics: { duration_seconds: 74.6, throughput: { value: 343.2, unit: 'images/s' }, exit_code: 0 },
      output_payload: SUCCESS.output_payload,
    })
  })

  it.each([
    ['nothing at all', undefined, undefined],
    ['a content type and no body', 'application/json', undefined],
    ['an empty object', 'application/json', '{}'],
    ['null', 'application/json', 'null'],
    ['facts of its own', 'application/json', '{"agent_version": "0.1.0", "hostname": "a"}'],
  ])('may exchange with %s', async (_, type, body) => {
    const { cluster_id } = await tenant.client.call('createCluster', { body: { name: 'old' } })
    const { one_time_token } = await tenant.client.call('createOnboardingToken', { params: { cluster_id } })
    const response = await fetch(`${server.url}/v1/clusters/${cluster_id}/auth/exchange`, {
      method: 'POST',
      headers: { 'X-Radix-One-Time-Token': one_time_token, ...(type ? { 'Content-Type': type } : {}) },
      ...(body ? { body } : {}),
    })
    expect(response.status).toBe(200)
    expect(JSON.parse(await response.text())).toMatchObject({ cluster_token: expect.stringMatching(/^radix_ct_/) })
  })

  it('gets one job at a time, and an immediate answer without one', async () => {
    const { agent, launch } = await onboard()
    await launch()
    await launch()
    expect(await agent.poll()).toHaveLength(1)
    expect(await agent.poll()).toHaveLength(1)
    expect(await agent.poll()).toHaveLength(0)
  })

  it('reports a failure, with missing numbers left out or null', async () => {
    const { agent, launch, readJob } = await onboard()
    for (const metrics of [
      { duration_seconds: 3.1, exit_code: 137 },
      { duration_seconds: 3.1, throughput_images_per_sec: null, exit_code: 137 },
      { duration_seconds: null, throughput_images_per_sec: null, exit_code: null },
      null,
    ]) {
      const jobId = await launch()
      await agent.poll()
      const failure = { status: 'failed', output_payload: null, metrics, error_message: 'CUDA out of memory' }
      expect(await agent.complete(jobId, failure)).toMatchObject({ status: 200 })
      expect(await readJob(jobId)).toMatchObject({ status: 'failed', error_message: 'CUDA out of memory' })
    }
  })

  it('may complete again after a lost answer, and gets the same answer', async () => {
    const { agent, launch } = await onboard()
    const jobId = await launch()
    await agent.poll()
    const answer = await agent.complete(jobId, SUCCESS)
    expect(await agent.complete(jobId, SUCCESS)).toEqual(answer)
  })

  it('keeps its job for the whole timeout without renewals or heartbeats', async () => {
    const { agent, launch, readJob, readStatus, pass } = await onboard()
    const jobId = await launch(3600)
    await agent.poll()
    for (let minutes = 10; minutes <= 60; minutes += 10) {
      await pass(600)
      expect(await readJob(jobId)).toMatchObject({ status: 'leased', lease_epoch: 1 })
      expect(await readStatus()).toBe('active')
    }
    expect(await agent.poll()).toEqual([])
    expect((await agent.complete(jobId, SUCCESS)).status).toBe(200)
    expect(await readJob(jobId)).toMatchObject({ status: 'succeeded' })
  })

  it('stays active after its job until its next heartbeat is due', async () => {
    const { agent, launch, readStatus, pass } = await onboard()
    const jobId = await launch(3600)
    await agent.poll()
    await pass(1800)
    await agent.complete(jobId, SUCCESS)
    await pass(60)
    expect(await readStatus()).toBe('active')
    await pass(600)
    expect(await readStatus()).toBe('unreachable')
    await agent.heartbeat()
    expect(await readStatus()).toBe('active')
  })

  it('loses a job that exceeds its timeout by more than the grace', async () => {
    const { agent, launch, readJob, readStatus, pass } = await onboard()
    const jobId = await launch(60)
    await agent.poll()
    await pass(60)
    expect(await readJob(jobId)).toMatchObject({ status: 'leased' })
    await pass(300)
    expect(await readJob(jobId)).toMatchObject({ status: 'lost', error_code: 'JOB_LOST' })
    expect((await agent.complete(jobId, SUCCESS)).status).toBe(409)
    expect(await readJob(jobId)).toMatchObject({ status: 'lost', metrics: null })
    expect(await readStatus()).toBe('unreachable')
  })

  it('may miss two heartbeats, and is unreachable after three', async () => {
    const { readStatus, pass } = await onboard()
    await pass(170)
    expect(await readStatus()).toBe('active')
    await pass(20)
    expect(await readStatus()).toBe('unreachable')
  })

  it('does not learn of a cancellation: the result counts', async () => {
    const { agent, launch, readJob, cancel } = await onboard()
    const jobId = await launch()
    await agent.poll()
    expect(await cancel(jobId)).toMatchObject({ status: 'leased', cancel_requested: true })
    expect((await agent.complete(jobId, SUCCESS)).status).toBe(200)
    expect(await readJob(jobId)).toMatchObject({ status: 'succeeded', cancel_requested: true })
  })

  it('adds an observation: throughput and duration of an A10G count for scoring', async () => {
    const { agent, launch } = await onboard()
    const jobId = await launch()
    await agent.poll()
    await agent.complete(jobId, SUCCESS)
    const observed = await server.db.selectFrom('observations').selectAll().where('job_id', '=', jobId).execute()
    expect(observed).toMatchObject([{ gpu_type: 'A10G', actual_runtime: 74.6, success: true }])
  })
})
