import { expect, it } from 'vitest'
import { evidenceFactsOf } from './evidence-facts.ts'
import type { RunFacts } from './journal/entry.ts'
import { JOURNAL_TIME as at, stateAfter, testConfig } from './testing/journal.ts'

const placement = { region: 'us-west-2', zone: 'us-west-2a', instanceType: 'g5.2xlarge', market: 'on-demand' as const }
const refused = { clientToken: 'm_1', placement, at, outcome: 'failed' as const, message: 'no capacity' }

function factsOf(facts: RunFacts) {
  const state = stateAfter({ config: testConfig({ provider: 'ec2' }) }, { type: 'recorded', facts })
  const ending = { status: 'failed' as const, failure: null, now: new Date(at), commit: null }
  return evidenceFactsOf(state, { cluster: null, trials: [] }, ending)
}

it('has the launch attempts of the journal, without the harness’s own data', () => {
  const underWay = { ...refused, clientToken: 'm_2', outcome: 'unknown' as const, isUnderWay: true }
  const facts = factsOf({ launchAttempts: [refused, underWay] })
  expect(facts.launchAttempts).toMatchObject([refused, { clientToken: 'm_2', outcome: 'unknown' }])
  expect(factsOf({}).launchAttempts).toEqual([])
})

it('has no outcome for its own step, which is still running', () => {
  const named = (name: string) => factsOf({}).phases.filter((phase) => phase.name === name)
  expect(named('write-evidence')).toEqual([])
  expect(named('clean-up')).toEqual([])
  expect(named('launch-machine')).toHaveLength(1)
})
