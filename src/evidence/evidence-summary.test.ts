import { expect, it } from 'vitest'
import { summariseEvidence } from '../contract/evidence-summary.ts'
import { buildEvidence } from './build.ts'
import { failedFacts, gpuFacts } from './testing/facts.ts'

const reported = { throughput: { value: 343.2, unit: 'images/s' }, duration_seconds: 150.2, exit_code: 0 as const }
const trials = gpuFacts().trials.map((trial) => ({ ...trial, result: null, reported }))

it('says what a run measured, at which price, and whether that may be used', () => {
  const evidence = buildEvidence(gpuFacts())
  expect(summariseEvidence(evidence)).toMatchObject({
    run_id: evidence.run_id,
    verdict: { level: 'valid', reasons: [] },
    throughput: evidence.results.throughput,
    duration_seconds: expect.closeTo(85.6),
    machine_usd: evidence.cost?.machine_usd,
    work_per_usd: evidence.cost?.work_per_usd,
    measurement: {
      device: { type: 'cuda', name: 'NVIDIA A10G' },
      unit: 'images/s',
      throughputs: [343.2, 342.1, 344.6],
    },
  })
})

it('has the numbers of an earlier agent without conditions under which they could be compared', () => {
  expect(summariseEvidence(buildEvidence(gpuFacts({ trials })))).toMatchObject({
    verdict: { level: 'suspect' },
    throughput: { n: 3, mean: 343.2 },
    duration_seconds: expect.closeTo(150.2),
    measurement: null,
  })
})

it('has a verdict and no number for a run that measured nothing', () => {
  const nothing = { throughput: null, duration_seconds: null, work_per_usd: null, measurement: null }
  expect(summariseEvidence(buildEvidence(failedFacts()))).toMatchObject({ ...nothing, verdict: { level: 'invalid' } })
})
