/** Lists, trends and comparisons of stored evidence. */

import { describe, expect, it } from 'vitest'
import type { Evidence } from '../../contract/schemas/evidence.ts'
import { runRegistration } from '../../contract/testing/new-objects.ts'
import { newId } from '../../core/ids.ts'
import { buildEvidence } from '../../evidence/build.ts'
import type { EvidenceFacts } from '../../evidence/facts.ts'
import { signEvidence } from '../../evidence/signature/sign.ts'
import { gpuFacts } from '../../evidence/testing/facts.ts'
import { testSigner } from '../../evidence/testing/signing-key.ts'
import { refusalOf } from '../testing/requests.ts'
import { useTenantPerTest, useTestServer } from '../testing/use-test-server.ts'

const { server } = useTestServer()
const tenant = useTenantPerTest(server)

async function measure(change: Partial<EvidenceFacts> = {}, edit: (evidence: Evidence) => void = () => {}) {
  const runId = newId('run')
  const evidence = buildEvidence(gpuFacts({ runId, ...change }))
  edit(evidence)
  const body = runRegistration({ run_id: runId, parameters: { recipe: 'reference' } })
  await tenant.client.call('registerRun', { body })
  await tenant.client.call('putEvidence', { params: { run_id: runId }, body: signEvidence(evidence, testSigner()) })
  return { runId, evidence }
}

const scale = (factor: number) => (evidence: Evidence) => {
  for (const { result } of evidence.results.trials) if (result) result.throughput.value *= factor
  const summary = evidence.results.throughput
  if (summary) summary.mean *= factor
}

describe('a run', () => {
  it('carries its measurement', async () => {
    const { runId, evidence } = await measure()
    const run = await tenant.client.call('getRun', { params: { run_id: runId } })
    const interval = evidence.results.throughput?.confidence_interval_95
    expect(run.measurement).toEqual({
      trials: 3,
      recipe: 'reference',
      device_name: 'NVIDIA A10G',
      instance_type: 'g5.2xlarge',
      interval: { low: interval?.low, high: interval?.high },
      work_per_usd: evidence.cost?.work_per_usd,
      machine_usd: evidence.cost?.machine_usd,
    })
  })

  it('has the measurement of its latest evidence, and none when that has no number', async () => {
    const { runId, evidence } = await measure()
    const params = { run_id: runId }
    scale(2)(evidence)
    await tenant.client.call('putEvidence', { params, body: signEvidence(evidence, testSigner()) })
    const [series] = (await tenant.client.call('getTrends', {})).items
    expect(series?.points[0]?.throughput).toBe(evidence.results.throughput?.mean)
    const without = { ...evidence, results: { ...evidence.results, throughput: null } }
    await tenant.client.call('putEvidence', { params, body: signEvidence(without, testSigner()) })
    expect((await tenant.client.call('getRun', { params })).measurement).toBeNull()
    expect((await tenant.client.call('getTrends', {})).items).toEqual([])
  })

  it('of an earlier agent has a verdict and numbers, and is in no series', async () => {
    const reported = { throughput: { value: 343.2, unit: 'images/s' }, duration_seconds: 150.2, exit_code: 0 as const }
    const trials = gpuFacts().trials.map((trial) => ({ ...trial, result: null, reported }))
    const { runId } = await measure({ trials })
    const query = { verdict: 'suspect' as const }
    const { items } = await tenant.client.call('listRuns', { query })
    expect(items).toMatchObject([
      { run_id: runId, throughput: { value: 343.2, unit: 'images/s' }, duration_seconds: 150.2 },
    ])
    expect(items[0]).toMatchObject({ verdict: 'suspect', measurement: null })
    expect((await tenant.client.call('getTrends', {})).items).toEqual([])
  })

  it('that failed has a verdict without a number', async () => {
    const { runId } = await measure({ trials: [], status: 'failed' })
    const run = await tenant.client.call('getRun', { params: { run_id: runId } })
    expect(run).toMatchObject({ verdict: 'invalid', throughput: null, measurement: null })
    expect((await tenant.client.call('getTrends', {})).items).toEqual([])
  })

  it('has no numbers from evidence without a signature, in lists and trends', async () => {
    const runId = newId('run')
    const params = { run_id: runId }
    await tenant.client.call('registerRun', { body: runRegistration({ run_id: runId }) })
    await tenant.client.call('putEvidence', { params, body: buildEvidence(gpuFacts({ runId })) })
    const run = await tenant.client.call('getRun', { params })
    expect(run).toMatchObject({ has_evidence: true, measurement: null, verdict: null, throughput: null })
    expect((await tenant.client.call('getTrends', {})).items).toEqual([])
    const other = signEvidence(buildEvidence(gpuFacts({ runId: newId('run') })), testSigner())
    const refused = { code: 'EVIDENCE_NOT_STORED' }
    expect(await refusalOf(tenant.client.call('putEvidence', { params, body: other }))).toMatchObject(refused)
    const { signature: _, ...stripped } = other
    expect(await refusalOf(tenant.client.call('putEvidence', { params, body: stripped }))).toMatchObject(refused)
  })

  it.each([
    ['a part of its GPU', { search: 'a10' }],
    ['its instance type', { search: 'G5.2XLARGE' }],
    ['its cluster', { search: 'gpu-bench' }],
    ['its recipe', { recipe: 'reference' as const }],
    ['its provider', { provider: 'ec2' as const }],
  ])('is found by %s', async (_, query) => {
    const { runId } = await measure()
    const found = await tenant.client.call('listRuns', { query })
    expect(found.items.map(({ run_id }) => run_id)).toEqual([runId])
  })

  it.each([
    { search: 'h100' },
    { search: '%' },
    { recipe: 'tuned' as const },
    { provider: 'local' as const },
    { verdict: 'invalid' as const },
  ])('is not found by %o', async (query) => {
    await measure()
    expect((await tenant.client.call('listRuns', { query })).items).toEqual([])
  })
})

describe('trends', () => {
  it('groups runs of the same measurement into one series, in order of time', async () => {
    const later = await measure({ startedAt: '2026-03-03T09:00:00.000Z' }, scale(1.1))
    const earlier = await measure()
    const { items } = await tenant.client.call('getTrends', {})
    expect(items).toHaveLength(1)
    const [series] = items
    expect(series?.points.map(({ run_id }) => run_id)).toEqual([earlier.runId, later.runId])
    expect(series).toMatchObject({ instance_type: 'g5.2xlarge', recipe: 'reference', run_count: 2 })
    const means = series?.points.map((point) => point.throughput) ?? []
    const { mean, low, high } = series?.throughput ?? {}
    expect(mean).toBeCloseTo(((means[0] ?? 0) + (means[1] ?? 0)) / 2, 9)
    expect(low).toBeLessThan(mean ?? 0)
    expect(high).toBeGreaterThan(mean ?? 0)
  })

  it('give the id and precision of a series, and its latest work per dollar', async () => {
    const pay = (work_per_usd: number | null) => (evidence: Evidence) => {
      if (evidence.cost) Object.assign(evidence.cost, { work_per_usd })
    }
    const at = (day: number) => ({ startedAt: `2026-03-0${day}T09:00:00.000Z` })
    const { evidence } = await measure(at(1), pay(9000))
    await measure(at(2), pay(1000))
    await measure(at(3), pay(null))
    const [series] = (await tenant.client.call('getTrends', {})).items
    expect(series?.work_per_usd).toBe(1000)
    const { notes: _, ...precision } = evidence.results.trials[0]?.result?.precision ?? {}
    expect(series?.precision).toEqual(precision)
    await measure(at(4), (changed) => {
      for (const { result } of changed.results.trials) if (result) result.precision.amp = 'none'
    })
    const ids = (await tenant.client.call('getTrends', {})).items.map(({ series_id }) => series_id)
    expect(ids).toEqual([expect.any(String), series?.series_id])
    expect(ids[0]).not.toBe(ids[1])
  })

  it('separates results that cannot be compared, and excludes unusable ones', async () => {
    await measure()
    await measure({}, (evidence) => {
      evidence.request.parameters.batch_size = 64
    })
    await measure({}, (evidence) => {
      if (evidence.environment.machine) evidence.environment.machine.instance_type = 'g5.4xlarge'
    })
    await measure({}, (evidence) => {
      evidence.verdict.level = 'invalid'
    })
    const { items } = await tenant.client.call('getTrends', {})
    expect(items.map(({ points }) => points.length)).toEqual([1, 1, 1])
    expect((await tenant.client.call('getTrends', { query: { recipe: 'tuned' } })).items).toEqual([])
    const query = { since: new Date().toISOString() }
    expect((await tenant.client.call('getTrends', { query })).items).toEqual([])
  })

  it('shows nothing of another tenant', async () => {
    await measure()
    const stranger = await server.newTenant()
    expect((await stranger.client.call('getTrends', {})).items).toEqual([])
  })
})

describe('comparing', () => {
  const compare = (...runIds: string[]) => tenant.client.call('compareRuns', { query: { run_ids: runIds.join(',') } })

  it('says by how much the second differs from the first', async () => {
    const [first, second] = [await measure(), await measure({}, scale(0.9))]
    const { runs, changes } = await compare(first.runId, second.runId)
    expect(runs.map(({ label }) => label)).toEqual(['A', 'B'])
    expect(changes[0]?.change?.relative).toBeCloseTo(-0.1, 9)
    expect(changes[0]?.change?.interval?.high).toBeLessThan(0)
  })

  it('gives every reason for a refusal', async () => {
    const [first, second] = [
      await measure(),
      await measure({}, (evidence) => {
        evidence.request.parameters.batch_size = 64
      }),
    ]
    const refusal = await refusalOf(compare(first.runId, second.runId))
    expect(refusal).toMatchObject({ code: 'COMPARISON_REFUSED' })
    expect(refusal.why).toContain('batch size: 128 and 64')
  })

  it('does not find unknown runs, or runs of another tenant', async () => {
    const { runId } = await measure()
    expect(await refusalOf(compare(runId, newId('run')))).toMatchObject({ code: 'NOT_FOUND' })
    const stranger = await server.newTenant()
    const query = { run_ids: `${runId},${runId}` }
    expect(await refusalOf(stranger.client.call('compareRuns', { query }))).toMatchObject({ code: 'NOT_FOUND' })
    expect(await refusalOf(compare(runId))).toMatchObject({ code: 'REQUEST_INVALID' })
  })
})

it('renders the report of stored evidence, or explains why not', async () => {
  const { runId } = await measure()
  const params = { run_id: runId }
  const { markdown } = await tenant.client.call('getReport', { params })
  expect(markdown).toContain(runId)
  const { run_id } = await tenant.client.call('registerRun', { body: runRegistration() })
  await tenant.client.call('putEvidence', { params: { run_id }, body: { schema: 'radix.evidence/v2' } })
  const report = tenant.client.call('getReport', { params: { run_id } })
  expect(await refusalOf(report)).toMatchObject({ code: 'EVIDENCE_INVALID' })
})
