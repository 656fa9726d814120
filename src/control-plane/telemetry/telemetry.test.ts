/** Observing and scoring over HTTP: the requests of a scheduler, and the observations of finished jobs. */
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import type { CompleteBody } from '../../contract/schemas/job.ts'
import type { ObserveBody } from '../../contract/schemas/telemetry.ts'
import type { Tenant } from '../testing/test-server.ts'
import { useTestServer } from '../testing/use-test-server.ts'

const { server } = useTestServer()

async function newScheduler(tenant?: Tenant) {
  const owner = tenant ?? (await server.newTenant())
  const { api_key } = await owner.client.call('createApiKey', { body: { name: 'scheduler' } })
  const client = server.clientWith(api_key)
  return {
    owner,
    observe: (observation: Partial<z.input<typeof ObserveBody>> & { job_id: string }) =>
      client.call('observe', {
        body: { job_type: 'training', gpu_type: 'A10G', actual_runtime: 60, success: true, ...observation },
      }),
    score: async (candidates: string[], job_type = 'training') =>
      (await client.call('score', { body: { job_type, candidate_gpu_types: candidates } })).candidates,
  }
}

const UNSEEN = {
  score: null,
  confidence: null,
  expected_runtime: null,
  runtime_interval: null,
  success_probability: null,
  expected_cost_usd: null,
  observations: 0,
}

describe('scoring', () => {
  it('gives no number for an unseen pair', async () => {
    const { score } = await newScheduler()
    expect(await score(['A10G', 'H100'])).toEqual([
      { gpu_type: 'A10G', ...UNSEEN },
      { gpu_type: 'H100', ...UNSEEN },
    ])
  })

  it('ranks observed types under any driver name, and unseen ones last', async () => {
    const { observe, score } = await newScheduler()
    for (let n = 0; n < 5; n++) {
      await observe({ job_id: `slow-${n}`, gpu_type: 'Tesla T4', actual_runtime: 200 + n })
      await observe({ job_id: `fast-${n}`, gpu_type: 'NVIDIA A10G', actual_runtime: 60 + n })
    }
    const ranked = await score(['H100', 'T4', 'A10G'])
    expect(ranked.map((candidate) => [candidate.gpu_type, candidate.observations])).toEqual([
      ['A10G', 5],
      ['T4', 5],
      ['H100', 0],
    ])
    expect(ranked[0]?.expected_runtime).toBeGreaterThan(50)
    expect(ranked[0]?.expected_runtime).toBeLessThan(75)
    expect(ranked[2]).toEqual({ gpu_type: 'H100', ...UNSEEN })
    expect((await score(['A10G'], 'another type'))[0]).toEqual({ gpu_type: 'A10G', ...UNSEEN })
  })

  it('reads fewer observations of each candidate with more candidates', async () => {
    const { owner, score } = await newScheduler()
    const names = Array.from({ length: 32 }, (_, i) => `GPU ${i}`)
    await sql`
      insert into observations (observation_id, tenant_id, job_id, job_type, gpu_type, features, actual_runtime, success,
        colocated_job_types)
      select 'obs_' || gpu_type || '/' || n, ${owner.tenantId}, gpu_type || '/' || n, 'training', gpu_type, '{}', 60 + n, true, '[]'
      from unnest(${names}::text[]) as gpu_type, generate_series(1, 60) as n`.execute(server.db)
    expect(new Set((await score(names)).map(({ observations }) => observations))).toEqual(new Set([50]))
    expect((await score(names.slice(0, 2))).map(({ observations }) => observations)).toEqual([60, 60])
  })

  it('learns from its own tenant only', async () => {
    const [mine, other] = [await newScheduler(), await newScheduler()]
    await mine.observe({ job_id: 'job-1' })
    expect((await mine.score(['A10G']))[0]?.observations).toBe(1)
    expect((await other.score(['A10G']))[0]).toEqual({ gpu_type: 'A10G', ...UNSEEN })
  })
})

describe('observing', () => {
  it('the same job twice changes nothing, even concurrently', async () => {
    const { observe, score } = await newScheduler()
    const answers = await Promise.all(Array.from({ length: 8 }, () => observe({ job_id: 'job-1' })))
    expect(new Set(answers.map((answer) => answer.observation_id)).size).toBe(1)
    expect(answers.filter((answer) => answer.created)).toHaveLength(1)
    expect(await observe({ job_id: 'job-1', actual_runtime: 1 })).toMatchObject({ created: false })
    expect((await score(['A10G']))[0]).toMatchObject({ observations: 1 })
  })

  it('separates job ids by tenant', async () => {
    const [one, two] = [await newScheduler(), await newScheduler()]
    expect(await one.observe({ job_id: 'job-1' })).toMatchObject({ created: true })
    expect(await two.observe({ job_id: 'job-1' })).toMatchObject({ created: true })
  })
})

describe('a benchmark job that has ended', () => {
  async function run(completion: Partial<z.input<typeof CompleteBody>>, device = 'NVIDIA A10G') {
    const scheduler = await newScheduler()
    const { clusterId, agent } = await server.onboard(scheduler.owner)
    const params = { cluster_id: clusterId }
    await agent.call('heartbeat', { params, body: { capabilities: { gpus: [{ name: device }] } } })
    await scheduler.owner.client.call('launchJob', { params, body: { job_kind: 'resnet50_benchmark' } })
    const { jobs } = await agent.call('pollJobs', { params, body: { wait_seconds: 0 } })
    const address = { ...params, job_id: jobs[0]?.job_id ?? '' }
    const body = { status: 'succeeded' as const, lease_token: jobs[0]?.lease.token ?? '', ...completion }
    for (let replay = 0; replay < 2; replay++) await agent.call('completeJob', { params: address, body })
    return scheduler.score(['A10G'], 'resnet50_benchmark')
  }

  it('is observed automatically, once', async () => {
    const [candidate] = await run({ metrics: { duration_seconds: 74.6 } })
    expect(candidate).toMatchObject({ observations: 1, success_probability: expect.any(Number) })
  })

  it('counts as a failure when the GPU may be the reason', async () => {
    const [candidate] = await run({
      status: 'failed',
      error_code: 'WORKLOAD_OUT_OF_MEMORY',
      metrics: { duration_seconds: 3 },
    })
    expect(candidate).toMatchObject({ observations: 1, expected_runtime: null, score: null })
  })

  it.each([
    ['was cancelled', { status: 'cancelled' as const }],
    ['was lost', { status: 'lost' as const }],
    ['had invalid parameters', { status: 'failed' as const, error_code: 'WORKLOAD_USAGE' }],
  ])('is no observation of the GPU when it %s', async (_, completion) => {
    expect(await run({ ...completion, metrics: { duration_seconds: 9 } })).toEqual([{ gpu_type: 'A10G', ...UNSEEN }])
  })
})
