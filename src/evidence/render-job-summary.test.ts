import { describe, expect, it } from 'vitest'
import { buildEvidence } from './build.ts'
import { renderJobSummary } from './render-job-summary.ts'
import { signEvidence } from './signature/sign.ts'
import { cpuFacts, failedFacts, gpuFacts } from './testing/facts.ts'
import { testSigner } from './testing/signing-key.ts'

describe('the summary of a job', () => {
  it.each([
    ['gpu', gpuFacts()],
    ['cpu', cpuFacts()],
    ['failed', failedFacts()],
    ['cancelled', failedFacts({ status: 'cancelled' })],
    [
      'unconfirmed',
      gpuFacts({
        status: 'termination_unconfirmed',
        termination: { ...gpuFacts().termination, state: 'unconfirmed', confirmedAt: null },
      }),
    ],
  ])('of a %s run is as it was', async (name, facts) => {
    const evidence = signEvidence(buildEvidence(facts), testSigner())
    await expect(renderJobSummary(evidence)).toMatchFileSnapshot(`testdata/${name}.summary.md`)
  })

  it('opens with the rows and the words of the specification', () => {
    const [title, , , , , , ...rows] = renderJobSummary(buildEvidence(gpuFacts())).split('\n')
    expect(title).toBe('## ✅ GPU Benchmark Completed Successfully')
    expect(rows.slice(0, 5).map((row) => row.split('|')[1]?.trim())).toEqual([
      'Instance Type',
      'Throughput',
      'Duration',
      'Epochs',
      'Batch Size',
    ])
  })
})
