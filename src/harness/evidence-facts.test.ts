import { describe, expect, it } from 'vitest'
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
const elsewhere = { ...placement, zone: 'us-west-2b' }
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

describe('the launch attempts in evidence', () => {
  it('have the one that was never answered, beside those that were', () => {
    const placements = [placement, elsewhere]
    const unanswered = { launchToken: 'm_2', launchPlacement: 1, launchAskedAt: at }
    expect(factsOf({ placements, launchAttempts: [refused], ...unanswered }).launchAttempts).toEqual([
      refused,
      { clientToken: 'm_2', placement: elsewhere, at, outcome: 'unknown', message: expect.any(String) },
    ])
  })

  it('have each once', () => {
    const asked = { launchToken: 'm_1', launchPlacement: 0, launchAskedAt: at }
    expect(factsOf({ placements: [placement], launchAttempts: [refused], ...asked }).launchAttempts).toEqual([refused])
    expect(factsOf({}).launchAttempts).toEqual([])
  })
})

it('says nothing of how its own step went, which is not over when it is written', () => {
  const named = (name: string) => factsOf({}).phases.filter((phase) => phase.name === name)
  expect(named('write-evidence')).toEqual([])
  expect(named('clean-up')).toEqual([])
  expect(named('launch-machine')).toHaveLength(1)
})
