/** Documents that an earlier Radix wrote and signed, read by this one. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { upgradeEvidence, upgradeMetrics, upgradeProgress, upgradeResult } from '../contract/earlier-documents.ts'
import { summariseEvidence } from '../contract/evidence-summary.ts'
import { compareRuns } from './compare/compare.ts'
import { openBaseline } from './open-baseline.ts'
import { openEvidence } from './open-evidence.ts'
import { renderEvidenceMarkdown } from './render-markdown.ts'

const read = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8'))

it('verifies evidence as it was signed, and reads it as evidence of today', () => {
  const document = read('v1.evidence.json')
  const { evidence, unverified } = openEvidence({ document, place: 'a test' })
  expect(unverified).toBeNull()
  expect(evidence).toMatchObject({ schema: 'radix.evidence/v2', verdict: { level: 'valid' } })
  expect(evidence.results.throughput).toMatchObject({ n: 3, unit: 'images/s', mean: 343.3 })
  const [trial] = evidence.results.trials
  expect(trial?.result?.throughput).toEqual({ value: 343.2, unit: 'images/s' })
  expect(trial?.result?.work).toEqual({ amount: 25_740, unit: 'images' })
  expect(evidence.cost?.work_per_usd).toBe((document.cost as { images_per_usd: number }).images_per_usd)
  expect(summariseEvidence(evidence).measurement?.throughputs).toEqual([343.2, 342.1, 344.6])
  expect(renderEvidenceMarkdown(evidence)).toContain('**343.3 images/s ± 3.1 (95 % interval over 3 trials)**')
})

it('refuses evidence that was changed after an earlier Radix had signed it', () => {
  const document = read('v1.evidence.json')
  const results = { ...(document.results as object), timed_seconds: 1 }
  const open = () => openEvidence({ document: { ...document, results }, place: 'a test' })
  expect(open).toThrow(expect.objectContaining({ code: 'EVIDENCE_CHANGED' }))
})

it('reads what an earlier agent reported within it', () => {
  const { evidence } = openEvidence({ document: read('v1.reported.evidence.json'), place: 'a test' })
  expect(evidence.results.throughput).toMatchObject({ n: 3, mean: 341.5, unit: 'images/s' })
  expect(evidence.results.trials[0]?.reported?.throughput).toEqual({ value: 341.5, unit: 'images/s' })
  expect(evidence.verdict.reasons.map(({ code }) => code)).toContain('limited_result')
  expect(() => compareRuns([evidence])).toThrow('is suspect: limited_result: An earlier agent ran')
})

it('verifies a baseline as it was signed, and reads it as one of today', () => {
  const { baseline, unverified } = openBaseline({ document: read('v1.baseline.json'), place: 'a test' })
  expect(unverified).toBeNull()
  expect(baseline).toMatchObject({ schema: 'radix.baseline/v2', unit: 'images/s', throughputs: [343.2, 342.1, 344.6] })
})

it('gives results, progress and metrics their unit', () => {
  const result = { schema: 'radix.result/v1', throughput_images_per_sec: 12.5, timed_images: 16, recipe: 'tuned' }
  expect(upgradeResult(result)).toEqual({
    schema: 'radix.result/v2',
    throughput: { value: 12.5, unit: 'images/s' },
    work: { amount: 16, unit: 'images' },
    recipe: 'tuned',
  })
  const line = { schema: 'radix.progress/v1', phase: 'setup', images_per_second: null }
  expect(upgradeProgress(line)).toEqual({ schema: 'radix.progress/v2', phase: 'setup', throughput: null })
  expect(upgradeMetrics({ throughput_images_per_sec: 12.5, exit_code: 0 })).toEqual({
    throughput: { value: 12.5, unit: 'images/s' },
    exit_code: 0,
  })
})

it.each([null, 7, [], {}, { schema: 'radix.evidence/v1' }, { schema: 'radix.evidence/v1', results: { trials: [7] } }])(
  'leaves it to the schema to refuse %j',
  (document) => expect(() => upgradeEvidence(document)).not.toThrow(),
)
