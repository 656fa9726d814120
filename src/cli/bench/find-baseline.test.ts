/** Files that an earlier Radix wrote, given as a baseline. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { buildEvidence } from '../../evidence/build.ts'
import { compareRuns } from '../../evidence/compare/compare.ts'
import { openEvidence } from '../../evidence/open-evidence.ts'
import { cpuFacts } from '../../evidence/testing/facts.ts'
import { findBaseline, isBaselineFile, nameToSet } from './find-baseline.ts'
import { readDocument } from './find-evidence.ts'

const earlier = (name: string) => join(import.meta.dirname, '../../evidence/testdata', name)
const evidence = earlier('v1.evidence.json')
const baseline = earlier('v1.baseline.json')

it.each([evidence, baseline])('%s is a baseline', async (path) => {
  const found = await findBaseline(path, 'run_1', {})
  expect(found.baseline).toMatchObject({ unit: 'images/s', throughputs: [343.2, 342.1, 344.6] })
  expect(found.unverified).toBeNull()
})

it('may be overwritten if it is a baseline, and not if it is evidence', () => {
  expect([isBaselineFile(baseline), isBaselineFile(evidence)]).toEqual([true, false])
  expect([nameToSet(baseline), nameToSet(evidence)]).toEqual([baseline, 'NAME'])
})

it('suggests a command that the command line takes', () => {
  const run = openEvidence({ document: readDocument(evidence), place: 'a test' }).evidence
  const other = buildEvidence(cpuFacts({ runId: 'run_other' }))
  const fix = expect.stringContaining('`radix bench run --recipe reference --epochs 1')
  expect(() => compareRuns([run, other])).toThrow(expect.objectContaining({ fix }))
})
