/** Dispatching jobs to agents over HTTP: every job to one agent, at once, and none lost. */
import { describe, expect, it } from 'vitest'
import type { LeasedJob } from '../../contract/schemas/job.ts'
import { useTestServer } from '../testing/use-test-server.ts'
import { expireLeases, releaseUndelivered } from './dispatch.ts'

const JOB = { job_kind: 'resnet50_benchmark' as const }
/** Longer than any test: only an event can answer such a poll. */
const HELD = { max_jobs: 1, wait_seconds: 60 }
const PATIENT = { timeoutMs: 70_000 }
const OFTEN = { interval: 10 }
const LONG_AGO = new Date(0)

// Waiting polls never look again by themselves: only a wake-up answers them.
const { server, tenant } = useTestServer({ settings: { pollRecheckMs: 600_000 } })

async function onboard() {
  const { clusterId, agent } = await server.onboard(tenant)
  const params = { cluster_id: clusterId }
  return {
    clusterId,
    launch: () => tenant.client.call('launchJob', { params, body: JOB }),
    jobs: async () => (await tenant.client.call('listJobs', { params, query: { limit: 200 } })).items,
    poll: async (body: { max_jobs?: number; wait_seconds?: number }, signal?: AbortSignal) =>
      (await agent.call('pollJobs', { params, body }, { ...PATIENT, ...(signal ? { signal } : {}) })).jobs,
    complete: ({ job_id, lease }: LeasedJob) =>
      agent.call('completeJob', {
        params: { ...params, job_id },
        body: { status: 'succeeded', lease_token: lease.token },
      }),
  }
}

describe('many agents at once', () => {
  it('get each of 200 jobs exactly once', async () => {
    const { poll, launch, complete, jobs } = await onboard()
    const claimed: string[] = []
    const done = new AbortController()
    const work = async () => {
      while (!done.signal.aborted) {
        const leased = await poll(HELD, done.signal).catch(() => [])
        claimed.push(...leased.map((job) => job.job_id))
        for (const job of leased) await complete(job)
        if (claimed.length >= 200) done.abort()
      }
    }
    const agents = Array.from({ length: 20 }, work)
    const launched = await Promise.all(Array.from({ length: 200 }, launch))
    await Promise.all(agents)
    expect(claimed.toSorted()).toEqual(launched.map((job) => job.job_id).toSorted())
    const ended = await jobs()
    expect(ended.map((job) => `${job.status} ${job.lease_epoch}`)).toEqual(Array(200).fill('succeeded 1'))
  })

  it('share the queue: a poll gets as many jobs as it asked for, the oldest first', async () => {
    const { poll, launch } = await onboard()
    const ids: string[] = []
    for (let count = 0; count < 5; count++) ids.push((await launch()).job_id)
    const first = await poll({ max_jobs: 3 })
    const second = await poll({ max_jobs: 16 })
    expect(first.map((job) => job.job_id)).toEqual(ids.slice(0, 3))
    expect(second.map((job) => job.job_id)).toEqual(ids.slice(3))
    expect(new Set([...first, ...second].map((job) => job.lease.token)).size).toBe(5)
  })
})

describe('a poll', () => {
  it('is answered at once when a job arrives', async () => {
    const { poll, launch } = await onboard()
    const held = poll(HELD)
    const job = await launch()
    expect(await held).toMatchObject([{ job_id: job.job_id, lease: { epoch: 1 }, params: { batch_size: 128 } }])
  })

  it('gets no job when its time is over', async () => {
    const { poll } = await onboard()
    expect(await poll({ wait_seconds: 0.05 })).toEqual([])
    expect(await poll({})).toEqual([])
  })

  it('gets no job of another cluster', async () => {
    const [mine, other] = [await onboard(), await onboard()]
    await other.launch()
    expect(await mine.poll({ max_jobs: 16 })).toEqual([])
  })

  it('that hangs up while it waits gets nothing: the job goes to the next one', async () => {
    const { poll, launch, jobs } = await onboard()
    const hangUp = new AbortController()
    const held = poll(HELD, hangUp.signal).catch(() => 'hung up')
    await expect.poll(() => waitingPolls(server.url), OFTEN).toBeGreaterThan(0)
    hangUp.abort()
    expect(await held).toBe('hung up')
    await expect.poll(() => waitingPolls(server.url), OFTEN).toBe(0)
    await launch()
    expect(await jobs()).toMatchObject([{ status: 'queued', lease_epoch: 0 }])
    expect(await poll(HELD)).toMatchObject([{ lease: { epoch: 1 } }])
  })

  it('that hangs up at the moment of a launch loses no job', async () => {
    const { poll, launch, jobs, clusterId } = await onboard()
    const received: string[] = []
    for (let count = 0; count < 30; count++) {
      const hangUp = new AbortController()
      const held = poll(HELD, hangUp.signal).catch(() => [])
      const launched = launch()
      setTimeout(() => hangUp.abort(), count % 10)
      received.push(...(await held).map((job) => job.job_id))
      await launched
    }
    await expect.poll(() => waitingPolls(server.url), OFTEN).toBe(0)
    // An answer on its way when the caller hung up is known to be lost only when its lease expires.
    await server.db
      .updateTable('jobs')
      .set({ lease_expires_at: LONG_AGO })
      .where('cluster_id', '=', clusterId)
      .where('status', '=', 'leased')
      .where('job_id', 'not in', [...received, ''])
      .execute()
    await expireLeases(server.app, LONG_AGO)
    const left = [...(await poll({ max_jobs: 16 })), ...(await poll({ max_jobs: 16 }))]
    const all = (await jobs()).map((job) => job.job_id)
    expect([...received, ...left.map((job) => job.job_id)].toSorted()).toEqual(all.toSorted())
    expect(all).toHaveLength(30)
  })
})

describe('an answer that could not be delivered', () => {
  it('requeues its jobs for the next waiting poll', async () => {
    const { poll, launch } = await onboard()
    await launch()
    const undelivered = await poll({})
    const held = poll(HELD)
    await releaseUndelivered(server.app, undelivered)
    expect(await held).toMatchObject([{ job_id: undelivered[0]?.job_id, lease: { epoch: 2 } }])
  })

  it('ends a job that was cancelled in the meantime', async () => {
    const { poll, launch, jobs, clusterId } = await onboard()
    const { job_id } = await launch()
    const undelivered = await poll({})
    await tenant.client.call('cancelJob', { params: { cluster_id: clusterId, job_id } })
    await releaseUndelivered(server.app, undelivered)
    expect(await jobs()).toMatchObject([{ status: 'cancelled', finished_at: expect.any(String) }])
  })

  it('keeps a job that another agent has leased since', async () => {
    const { poll, launch, jobs } = await onboard()
    await launch()
    const undelivered = await poll({})
    await releaseUndelivered(server.app, undelivered)
    await poll({})
    await releaseUndelivered(server.app, undelivered)
    expect(await jobs()).toMatchObject([{ status: 'leased', lease_epoch: 2 }])
  })
})

describe('two servers on one database', () => {
  it('wake each other: a job launched at one answers a poll held by the other', async () => {
    const replica = await server.startReplica()
    const { clusterId, clusterToken } = await server.onboard(tenant)
    const params = { cluster_id: clusterId }
    const headers = { 'x-radix-cluster-token': clusterToken, 'content-type': 'application/json' }
    const held = fetch(`${replica.url}/v1/clusters/${clusterId}/jobs/poll`, {
      method: 'POST',
      headers,
      body: JSON.stringify(HELD),
    })
    await expect.poll(() => waitingPolls(replica.url), OFTEN).toBe(1)
    const { job_id } = await tenant.client.call('launchJob', { params, body: JOB })
    expect(await (await held).json()).toMatchObject({ jobs: [{ job_id }] })
  })
})

async function waitingPolls(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  return Number(/^radix_waiting_polls (\d+)$/m.exec(metrics)?.[1])
}
