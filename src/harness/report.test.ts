/** The report of a run to the control plane. */
import { expect, it } from 'vitest'
import { reportOf, reportSteps } from './report.ts'
import { stateAfter, testConfig } from './testing/journal.ts'

const config = testConfig({
  provider: 'existing',
  dataDir: '/var/lib/radix',
  outputDirectory: '/var/lib/radix/evidence',
})

function stateWith(status: 'succeeded' | 'failed', message: string) {
  return stateAfter({ runId: 'run_1', config }, { type: 'step-finished', step: 'write-evidence', status, message })
}
const messageOf = (steps: { name: string; message: string | null }[] = []) =>
  steps.find(({ name }) => name === 'write-evidence')?.message

it.each([
  ['succeeded', '/var/lib/radix/evidence/run/evidence.json', 'run/evidence.json'],
  ['failed', 'Cannot write /var/lib/radix/runs/run_1/facts.json.', 'Cannot write runs/run_1/facts.json.'],
] as const)('hides local paths in the report of a step that %s', (status, path, told) => {
  const state = stateWith(status, path)
  expect(messageOf(reportOf(state).steps)).toBe(told)
  expect(messageOf(reportSteps(state))).toBe(path)
})

it('still names the failed step after its clean-up', () => {
  const step = 'run-trials'
  const failed = stateAfter(
    { config },
    { type: 'step-finished', step: 'create-cluster', status: 'succeeded', message: null },
    { type: 'step-finished', step, status: 'failed', message: 'The job failed.' },
    { type: 'undo-finished', step, error: null },
    { type: 'undo-finished', step: 'create-cluster', error: null },
  )
  const statusOf = (wanted: string) => reportSteps(failed).find(({ name }) => name === wanted)?.status
  expect(statusOf(step)).toBe('failed')
  expect(statusOf('create-cluster')).toBe('undone')
})
