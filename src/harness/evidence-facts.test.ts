import { expect, it } from 'vitest'
import { parseRunConfig } from './config.ts'
import { evidenceFactsOf } from './evidence-facts.ts'
import type { JournalEntry, NewJournalEntry, RunFacts } from './journal/entry.ts'
import { foldJournal } from './journal/run-state.ts'

const at = '2026-03-02T09:00:00.000Z'
const config = parseRunConfig({
  provider: 'ec2',
  apiBase: 'https://radix.example.com',
  dataDir: '/d',
  outputDirectory: '/o',
})
const placement = { region: 'us-west-2', zone: 'us-west-2a', instanceType: 'g5.2xlarge', market: 'on-demand' as const }
const refused = { clientToken: 'm_1', placement, at, outcome: 'failed' as const, message: 'no capacity' }

function factsOf(facts: RunFacts) {
  const first: NewJournalEntry = {
    type: 'run-started',
    schema: 'radix.journal/v1',
    runId: 'run_1',
    config,
    deadlineAt: at,
    radixVersion: '1',
    adopted: false,
  }
  const entries: NewJournalEntry[] = [first, { type: 'recorded', facts }]
  const state = foldJournal(entries.map((entry) => ({ ...entry, at }) as JournalEntry))
  const ending = { status: 'failed' as const, failure: null, now: new Date(at), commit: null }
  return evidenceFactsOf(state, { cluster: null, trials: [] }, ending)
}

it('has the launch attempts as the journal has them, without what is only for the harness', () => {
  const underWay = { ...refused, clientToken: 'm_2', outcome: 'unknown' as const, isUnderWay: true }
  const facts = factsOf({ launchAttempts: [refused, underWay] })
  expect(facts.launchAttempts).toMatchObject([refused, { clientToken: 'm_2', outcome: 'unknown' }])
  expect(factsOf({}).launchAttempts).toEqual([])
})

it('says nothing of how its own step went, which is not over when it is written', () => {
  const named = (name: string) => factsOf({}).phases.filter((phase) => phase.name === name)
  expect(named('write-evidence')).toEqual([])
  expect(named('clean-up')).toEqual([])
  expect(named('launch-machine')).toHaveLength(1)
})
