/** What the control plane is told of a run. */
import { expect, it } from 'vitest'
import { parseRunConfig } from './config.ts'
import type { JournalEntry } from './journal/entry.ts'
import { foldJournal } from './journal/run-state.ts'
import { reportOf, reportSteps } from './report.ts'

const at = '2026-03-02T09:00:00.000Z'
const config = parseRunConfig({
  provider: 'existing',
  apiBase: 'http://radix',
  dataDir: '/var/lib/radix',
  outputDirectory: '/var/lib/radix/evidence',
})

function stateWith(status: 'succeeded' | 'failed', message: string) {
  const first = { type: 'run-started', schema: 'radix.journal/v1', runId: 'run_1', config, deadlineAt: at } as const
  const last: JournalEntry = { type: 'step-finished', step: 'write-evidence', status, message, at }
  return foldJournal([{ ...first, radixVersion: '1', adopted: false, at }, last])
}
const messageOf = (steps: { name: string; message: string | null }[] = []) =>
  steps.find(({ name }) => name === 'write-evidence')?.message

it.each([
  ['succeeded', '/var/lib/radix/evidence/run/evidence.json', 'run/evidence.json'],
  ['failed', 'Cannot write /var/lib/radix/runs/run_1/facts.json.', 'Cannot write runs/run_1/facts.json.'],
] as const)(
  'says of a step that %s nothing of the folders of this machine, which is told here',
  (status, path, told) => {
    const state = stateWith(status, path)
    expect(messageOf(reportOf(state).steps)).toBe(told)
    expect(messageOf(reportSteps(state))).toBe(path)
  },
)

it('still says which step failed once that was cleaned up', () => {
  const step = 'run-trials'
  const failed = foldJournal([
    {
      type: 'run-started',
      schema: 'radix.journal/v1',
      runId: 'run_1',
      config,
      deadlineAt: at,
      radixVersion: '1',
      adopted: false,
      at,
    },
    { type: 'step-finished', step: 'create-cluster', status: 'succeeded', message: null, at },
    { type: 'step-finished', step, status: 'failed', message: 'The job failed.', at },
    { type: 'undo-finished', step, error: null, at },
    { type: 'undo-finished', step: 'create-cluster', error: null, at },
  ])
  const statusOf = (wanted: string) => reportSteps(failed).find(({ name }) => name === wanted)?.status
  expect(statusOf(step)).toBe('failed')
  expect(statusOf('create-cluster')).toBe('undone')
})
