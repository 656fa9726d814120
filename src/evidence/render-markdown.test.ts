import { describe, expect, it } from 'vitest'
import { buildEvidence } from './build.ts'
import { renderEvidenceMarkdown } from './render-markdown.ts'
import { renderWaterfall } from './render-waterfall.ts'
import { signEvidence } from './signature/sign.ts'
import { cpuFacts, failedFacts, gpuFacts } from './testing/facts.ts'
import { testSigner } from './testing/signing-key.ts'

describe('evidence.md', () => {
  it.each([
    ['gpu', gpuFacts()],
    ['cpu', cpuFacts()],
    ['failed', failedFacts()],
  ])('of a %s run is as it was', async (name, facts) => {
    const evidence = signEvidence(buildEvidence(facts), testSigner())
    await expect(renderEvidenceMarkdown(evidence)).toMatchFileSnapshot(`testdata/${name}.evidence.md`)
  })

  it('opens with what the specification shows first', () => {
    const lines = renderEvidenceMarkdown(buildEvidence(gpuFacts())).split('\n')
    const rows = lines.filter((line) => line.startsWith('|')).map((line) => line.split('|')[1]?.trim())
    expect(rows.slice(2, 7)).toEqual(['Instance Type', 'Throughput', 'Duration', 'Epochs', 'Batch Size'])
  })

  it('takes nothing from a machine for markup', () => {
    const { cluster } = cpuFacts()
    const capabilities = { hostname: '<img src=x onerror=alert(1)> | **x**\n# heading' }
    const report = renderEvidenceMarkdown(buildEvidence(cpuFacts({ cluster: cluster && { ...cluster, capabilities } })))
    expect(report).not.toMatch(/(?<!\\)<img/)
    expect(report).not.toMatch(/^# heading/m)
    expect(report).toContain('\\| \\*\\*x\\*\\*')
  })

  it('fences a command that holds a fence', () => {
    const report = renderEvidenceMarkdown(buildEvidence(cpuFacts({ reproduceCommand: 'radix ```\n# x' })))
    expect(report).toContain('````sh\nradix ```\n# x\n````')
  })
})

describe('the waterfall', () => {
  it('draws every phase on one axis, at least one mark each', () => {
    const phase = (name: string, offset_seconds: number | null, duration_seconds: number | null) => {
      return { name, status: 'succeeded' as const, offset_seconds, duration_seconds }
    }
    const lines = renderWaterfall([phase('a', 0, 0.01), phase('b', 5, 5), phase('c', 10, 10), phase('d', null, null)])
    const bars = lines.split('\n').map((line) => /█+$/.exec(line))
    expect(bars.map((bar) => bar?.[0].length ?? 0)).toEqual([0, 1, 10, 20, 0])
    const starts = bars.map((bar) => bar?.index ?? 0)
    expect([(starts[2] ?? 0) - (starts[1] ?? 0), (starts[3] ?? 0) - (starts[1] ?? 0)]).toEqual([10, 20])
  })
})
