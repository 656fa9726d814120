import { describe, expect, it } from 'vitest'
import { buildEvidence } from './build.ts'
import { makeBaseline } from './compare/baseline.ts'
import { compareRuns } from './compare/compare.ts'
import { gateRun } from './compare/gate.ts'
import { renderComparisonMarkdown } from './render-comparison.ts'
import { renderGateMarkdown } from './render-gate.ts'
import { cpuFacts } from './testing/facts.ts'
import { runEvidence, t4Evidence } from './testing/runs.ts'

const steady = [343.2, 342.1, 344.6]
const slower = [320.4, 322.9, 318.7]
const newer = { software: { python: '3.11.2', pytorch: '2.7.0', cuda: '12.4' } }

describe('a comparison', () => {
  it.each([
    ['change', [runEvidence(1, steady), runEvidence(2, slower, newer)]],
    ['machines', [t4Evidence(1, [120.4, 121.9, 119.7]), runEvidence(2, steady)]],
    ['doubts', ['run_1', 'run_2'].map((runId) => buildEvidence(cpuFacts({ runId })))],
  ])('of %s is as it was', async (name, runs) => {
    await expect(renderComparisonMarkdown(compareRuns(runs))).toMatchFileSnapshot(`testdata/${name}.comparison.md`)
  })

  it('takes nothing from a machine for markup', () => {
    const device = { type: 'cuda', name: '<img src=x> | **x**', uuid: null }
    const report = renderComparisonMarkdown(
      compareRuns([runEvidence(1, steady, { device }), runEvidence(2, steady, { device })]),
    )
    expect(report).not.toMatch(/(?<!\\)<img/)
    expect(report).toContain('\\<img src=x\\> \\| \\*\\*x\\*\\*')
  })
})

describe('the result of a gate', () => {
  const gate = (throughputs: number[], baselineName = 'g5.2xlarge-reference', result = {}) =>
    gateRun({
      candidate: runEvidence(2, throughputs, result),
      baseline: makeBaseline(runEvidence(1, steady), 'main'),
      baselineName,
      thresholdPercent: 5,
    })

  it.each([
    ['regression', gate(slower, undefined, newer)],
    ['improved', gate([380.1, 381.2, 379.5])],
    ['pass', gate([343.9, 342.8, 341.5])],
    ['ambiguous', gate([320.4, 343.9, 318.7])],
    ['one-trial', gate([320.4])],
  ])('is as it was: %s', async (name, result) => {
    await expect(renderGateMarkdown(result)).toMatchFileSnapshot(`testdata/${name}.gate.md`)
  })

  it('begins with a comment by which it is found again, whatever the baseline is called', () => {
    const firstLine = (name: string) =>
      renderGateMarkdown(
        gate(
          steady.map((value) => value * 0.99),
          name,
        ),
      ).split('\n')[0]
    expect(firstLine('main')).toBe('<!-- radix-gate: main -->')
    expect(firstLine('../a b/--> <b>.json')).toBe('<!-- radix-gate: ..-a-b-b-.json -->')
  })
})
