/** Benchmarks started from the dashboard, until the harness takes over. */
import { beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { refusalOf } from '../testing/requests.ts'
import { useTestServer } from '../testing/use-test-server.ts'
import { type BenchmarkRequest, claimBenchmark, renewClaim } from './benchmark-claims.ts'
import { issueBenchmarkToken } from './benchmarks.ts'
import { appendToRunJournal, readRunJournal, writeRunJournalFacts } from './run-journals.ts'

const { server, tenant } = useTestServer()
let clusterId: string
beforeAll(async () => {
  const onboarded = await server.onboard(tenant)
  clusterId = onboarded.clusterId
  await onboarded.agent.call('heartbeat', { params: { cluster_id: clusterId }, body: {} })
})

const start = (body = {}, idempotencyKey?: string) =>
  tenant.client.call('startBenchmark', {
    params: { cluster_id: clusterId },
    body,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  })
const claim = (worker: string) => claimBenchmark(server.app, worker, AbortSignal.timeout(100))

describe('a benchmark', () => {
  it('is a run at once, and one of several servers claims it, in order', async () => {
    const first = await start({ params: { batch_size: 8 }, trials: 3 })
    expect(first).toMatchObject({ status: 'registered', provider: 'existing', cluster_id: clusterId })
    const second = await start()
    const claims = await Promise.all(['a', 'b', 'c'].map(claim))
    const claimed = claims.filter((request) => request !== undefined)
    expect(claimed.map(({ runId }) => runId).sort()).toEqual([first.run_id, second.run_id].sort())
    const request = claimed.find(({ runId }) => runId === first.run_id)
    expect(request).toMatchObject({
      trials: 3,
      ttlMinutes: 45,
      clusterName: 'gpu-box',
      params: { batch_size: 8, epochs: 1 },
    })
  })

  it('wakes a waiting server', async () => {
    const waiting = claimBenchmark(server.app, 'waiter', AbortSignal.timeout(10_000))
    const { run_id } = await start()
    expect(await waiting).toMatchObject({ runId: run_id, epoch: 1 })
    await end(run_id)
  })

  it('that no server has started by its deadline is never started', async () => {
    const { run_id } = await start()
    await server.db
      .updateTable('runs')
      .set({ deadline_at: new Date(0) })
      .where('run_id', '=', run_id)
      .execute()
    expect(await claim('late')).toBeUndefined()
  })

  it('is created once for the same key', async () => {
    const [a, b] = [await start({}, 'click-1'), await start({}, 'click-1')]
    expect(a.run_id).toBe(b.run_id)
    expect(await claim('a')).toBeDefined()
    expect(await claim('a')).toBeUndefined()
  })

  it('needs an active cluster and valid parameters', async () => {
    const { cluster_id } = await tenant.client.call('createCluster', { body: { name: 'not onboarded' } })
    const refused = tenant.client.call('startBenchmark', { params: { cluster_id }, body: {} })
    expect(await refusalOf(refused)).toMatchObject({ code: 'CLUSTER_WAITS_FOR_AGENT' })
    expect(await refusalOf(start({ params: { epochs: 0 } }))).toMatchObject({ code: 'REQUEST_INVALID' })
    const stranger = await server.newTenant()
    const foreign = stranger.client.call('startBenchmark', { params: { cluster_id: clusterId }, body: {} })
    expect(await refusalOf(foreign)).toMatchObject({ code: 'NOT_FOUND' })
  })

  it('has a token for only its run and its cluster', async () => {
    const { run_id } = await start()
    const request = await claim('a')
    if (!request) throw new Error('nothing was claimed')
    const { token } = await issueBenchmarkToken(server.app, request)
    const client = server.clientWith(token)
    await client.call('updateRun', { params: { run_id }, body: { status: 'running' } })
    const job = await client.call('launchJob', {
      params: { cluster_id: clusterId },
      body: { job_kind: 'resnet50_benchmark', run_id },
    })
    await client.call('cancelJob', { params: { cluster_id: clusterId, job_id: job.job_id } })
    const other = await tenant.client.call('createCluster', { body: { name: 'other' } })
    const elsewhere = client.call('getCluster', { params: { cluster_id: other.cluster_id } })
    expect(await refusalOf(elsewhere)).toMatchObject({ code: 'AUTH_OUT_OF_SCOPE' })
    const onboarding = client.call('createOnboardingToken', { params: { cluster_id: clusterId } })
    expect(await refusalOf(onboarding)).toMatchObject({ code: 'AUTH_OUT_OF_SCOPE' })
    const otherRun = client.call('getRun', { params: { run_id: newId('run') } })
    expect(await refusalOf(otherRun)).toMatchObject({ code: 'AUTH_OUT_OF_SCOPE' })
  })
})

describe('a benchmark whose server died', () => {
  it('is claimed by another server once the claim has expired, and not before', async () => {
    const first = await begin()
    expect(await claim('b')).toBeUndefined()
    await letExpire(first)
    const second = await claim('b')
    expect(second).toMatchObject({ runId: first.runId, epoch: 2 })
    await end(first.runId)
  })

  it('is claimed after its deadline for its clean-up, and never once it has ended', async () => {
    const first = await begin()
    await letExpire(first)
    await server.db
      .updateTable('runs')
      .set({ deadline_at: new Date(0) })
      .where('run_id', '=', first.runId)
      .execute()
    const second = await claim('b')
    expect(second).toMatchObject({ runId: first.runId })
    await end(first.runId)
    await letExpire(first)
    expect(await claim('c')).toBeUndefined()
  })

  it('keeps a renewed claim, and informs a server that has lost it', async () => {
    const first = await begin()
    await letExpire(first)
    await renewClaim(server.app, first)
    expect(await claim('b')).toBeUndefined()
    await letExpire(first)
    await claim('b')
    await expect(renewClaim(server.app, first)).rejects.toMatchObject({ code: 'RUN_TAKEN_OVER' })
    await end(first.runId)
  })

  it('has a journal that the next server reads, and the previous one can no longer write', async () => {
    const first = await begin()
    await appendToRunJournal(server.db, first, 0, [{ at: 'one' }, { at: 'two' }])
    await appendToRunJournal(server.db, first, 1, [{ at: 'two' }, { at: 'three' }])
    await writeRunJournalFacts(server.db, first, '{"a":1}')
    await letExpire(first)
    const second = await claim('b')
    if (!second) throw new Error('it was not claimed')
    const expected = { entries: [{ at: 'one' }, { at: 'two' }, { at: 'three' }], facts: '{"a":1}' }
    expect(await readRunJournal(server.db, second)).toEqual(expected)
    const refused = { code: 'RUN_TAKEN_OVER' }
    await expect(appendToRunJournal(server.db, first, 3, [{ at: 'late' }])).rejects.toMatchObject(refused)
    await expect(writeRunJournalFacts(server.db, first, '{}')).rejects.toMatchObject(refused)
    expect(await readRunJournal(server.db, second)).toEqual(expected)
    await end(first.runId)
  })

  async function begin(): Promise<BenchmarkRequest> {
    await start()
    const request = await claim('a')
    if (!request) throw new Error('nothing was claimed')
    return request
  }

  async function letExpire({ runId }: BenchmarkRequest): Promise<void> {
    const past = { claimed_until: new Date(0) }
    await server.db.updateTable('benchmark_requests').set(past).where('run_id', '=', runId).execute()
  }
})

async function end(run_id: string): Promise<void> {
  await tenant.client.call('updateRun', { params: { run_id }, body: { status: 'cancelled' } })
}

it('is refused while a tenant has too many in progress', async () => {
  const owner = await server.newTenant()
  const { clusterId: cluster_id, agent } = await server.onboard(owner)
  await agent.call('heartbeat', { params: { cluster_id }, body: {} })
  const click = () => owner.client.call('startBenchmark', { params: { cluster_id }, body: {} })
  const runs = []
  for (let clicks = 0; clicks < CONTROL_PLANE_LIMITS.queuedBenchmarks.value; clicks++) runs.push(await click())
  expect(await refusalOf(click())).toMatchObject({ code: 'BENCHMARK_QUEUE_FULL' })
  const run_id = runs[0]?.run_id ?? ''
  await owner.client.call('updateRun', { params: { run_id }, body: { status: 'cancelled' } })
  expect(await click()).toMatchObject({ status: 'registered' })
})

it('never exceeds the limit, however many are started at once', async () => {
  const limit = CONTROL_PLANE_LIMITS.queuedBenchmarks.value
  for (const withKeys of [false, true]) {
    const owner = await server.newTenant()
    const { clusterId: cluster_id, agent } = await server.onboard(owner)
    await agent.call('heartbeat', { params: { cluster_id }, body: {} })
    const clicks = Array.from({ length: 30 }, (_, click) =>
      owner.client.call('startBenchmark', {
        params: { cluster_id },
        body: {},
        ...(withKeys ? { idempotencyKey: `click-${click}` } : {}),
      }),
    )
    const outcomes = await Promise.allSettled(clicks)
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(limit)
    const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    expect(new Set(refusals.map(({ code }) => code))).toEqual(new Set(['BENCHMARK_QUEUE_FULL']))
    const { items } = await owner.client.call('listRuns', {})
    expect(items).toHaveLength(limit)
  }
})
