/** Evidence of a workload that trains nothing, beside that of one that does. */
import { expect, it } from 'vitest'
import { summariseEvidence } from '../contract/evidence-summary.ts'
import { Evidence } from '../contract/schemas/evidence.ts'
import { JOB_PARAMS } from '../contract/schemas/workload.ts'
import { buildEvidence } from './build.ts'
import { compareRuns } from './compare/compare.ts'
import { describeConditions } from './compare/words.ts'
import type { EvidenceFacts } from './facts.ts'
import { renderEvidenceMarkdown } from './render-markdown.ts'
import { gpuFacts, gpuTrial } from './testing/facts.ts'

/** Three trials of a matrix product at some 62 TFLOP/s. */
function productFacts(seconds = 75): EvidenceFacts {
  const facts = gpuFacts()
  const params = JOB_PARAMS.gemm_benchmark.parse({})
  const trials = [62.1e12, 62.3e12, 62.2e12].map((value, index) => {
    const { result, ...trial } = gpuTrial(index + 1, 343)
    const { recipe: _, loss: __, ...measured } = result ?? {}
    const rates = {
      throughput: { value, unit: 'FLOP/s' },
      work: { amount: value * seconds, unit: 'FLOP' },
      timed_seconds: seconds,
      workload: { name: 'gemm', version: '1' },
      parameters: params,
      precision: { dtype: 'fp16', tf32: false },
    }
    return { ...trial, result: { ...measured, ...rates } as NonNullable<typeof result> }
  })
  return {
    ...facts,
    runId: 'run_01jdqk4e8f3q8k2c9v5w7x6y2z',
    request: { ...facts.request, jobKind: 'gemm_benchmark', params },
    trials,
  }
}

it('is judged by the same rules, and names its own parameter where they ask for a longer window', () => {
  expect(buildEvidence(productFacts()).verdict).toEqual({ level: 'valid', reasons: [] })
  const [short] = buildEvidence(productFacts(2)).verdict.reasons
  expect(short).toMatchObject({ code: 'timed_window_short', message: expect.stringContaining('Raise --steps.') })
})

it('is reported in its own unit, without what only a training has', () => {
  const evidence = Evidence.parse(JSON.parse(JSON.stringify(buildEvidence(productFacts()))))
  const report = renderEvidenceMarkdown(evidence)
  expect(report).toContain('**62.2 TFLOP/s ± 0.2 (95 % interval over 3 trials)**')
  expect(report).toMatch(/\| FLOP per dollar \| [\d.]+ PFLOP \|/)
  expect(report).not.toMatch(/Loss|Recipe|Epochs|images/)
})

it('is not compared with a training, and says with which command another run of it would be', () => {
  const [product, training] = [buildEvidence(productFacts()), buildEvidence(gpuFacts())]
  expect(() => compareRuns([product, training])).toThrow(
    expect.objectContaining({
      code: 'COMPARISON_REFUSED',
      why: expect.stringContaining('job kind: gemm_benchmark and resnet50_benchmark.'),
    }),
  )
  const { measurement } = summariseEvidence(product)
  expect(measurement && describeConditions(measurement)).toBe(
    'radix bench run --workload gemm --size 8192 --dtype fp16 --steps 4000 --warmup-steps 10 --trials 5',
  )
})
