import { describe, expect, it } from 'vitest'
import { exitCodeOf, exitCodeOfCleanup, outcomeOf } from '../outcome.ts'
import { JOURNAL_TIME as at, stateAfter } from '../testing/journal.ts'
import type { NewJournalEntry, RunFacts } from './entry.ts'
import { foldJournal, isSettled, pendingUndos, wasStarted } from './run-state.ts'

const failure = { code: 'LAUNCH_FAILED', title: 'Failed', why: 'no capacity', fix: 'try again' }
const machine = {
  machineId: 'm_1',
  instanceType: null,
  region: null,
  zone: null,
  imageId: null,
  launchedAt: at,
  logPath: null,
}

const fold = (...entries: NewJournalEntry[]) => stateAfter({ runId: 'run_1' }, ...entries)
const recorded = (facts: RunFacts): NewJournalEntry => ({ type: 'recorded', facts })
const ended = (status: 'succeeded' | 'failed' | 'termination_unconfirmed'): NewJournalEntry => ({
  type: 'run-ended',
  status,
  failure: status === 'succeeded' ? null : failure,
})
const undone = (step: 'launch-machine' | 'create-cluster', error: string | null): NewJournalEntry[] => [
  { type: 'undo-started', step },
  { type: 'undo-finished', step, error },
]

describe('the state of a run', () => {
  it('is refused without a first entry', () => {
    expect(() => foldJournal([])).toThrow(TypeError)
  })

  it('keeps what was recorded, member by member', () => {
    const state = fold(recorded({ clusterId: 'cl_1' }), recorded({ launchToken: 't' }), recorded({ clusterId: 'cl_2' }))
    expect(state.facts).toEqual({ clusterId: 'cl_2', launchToken: 't' })
  })

  it('knows which steps may have had an effect', () => {
    const state = fold({ type: 'step-started', step: 'create-cluster' })
    expect([wasStarted(state, 'create-cluster'), wasStarted(state, 'launch-machine')]).toEqual([true, false])
    expect(wasStarted({ ...state, adopted: true }, 'launch-machine')).toBe(true)
  })

  it('lists a failed undo as pending until a later one succeeds', () => {
    const unwinding: NewJournalEntry = { type: 'unwind-started', status: 'failed', failure }
    const once = [unwinding, ...undone('create-cluster', 'no answer'), ended('failed')]
    expect(pendingUndos(fold(...once))).toEqual([{ step: 'create-cluster', reason: 'no answer' }])
    expect(isSettled(fold(...once))).toBe(false)
    const twice = fold(...once, unwinding, ...undone('create-cluster', null), ended('failed'))
    expect([pendingUndos(twice), isSettled(twice)]).toEqual([[], true])
  })
})

describe('the outcome of a run', () => {
  it('claims no termination before a provider confirmed it', () => {
    const launched = [recorded({ launchToken: 't', machine }), recorded({ terminationRequestedAt: at })]
    expect(outcomeOf(fold(...launched)).termination).toMatchObject({ confirmed: false, state: 'unconfirmed' })
    const confirmed = recorded({ terminationConfirmedAt: at, terminationProof: 'gone' })
    expect(outcomeOf(fold(...launched, confirmed)).termination).toMatchObject({ confirmed: true, proof: 'gone' })
  })

  it('is unconfirmed when the termination failed, even after a confirmation', () => {
    const state = fold(
      recorded({ launchToken: 't', machine, terminationConfirmedAt: at, terminationProof: 'gone' }),
      { type: 'unwind-started', status: 'failed', failure },
      ...undone('launch-machine', 'access denied'),
      ended('termination_unconfirmed'),
    )
    const outcome = outcomeOf(state)
    expect(outcome).toMatchObject({ termination: { confirmed: false }, error: { code: 'TERMINATION_UNCONFIRMED' } })
    expect([exitCodeOf(outcome), exitCodeOfCleanup(outcome)]).toEqual([7, 7])
  })

  it('gives the provider’s last answer for an unconfirmed termination', () => {
    const why = 'Provider ec2 did not confirm it. Last answer: access denied'
    const state = fold(
      recorded({ launchToken: 't', machine }),
      { type: 'unwind-started', status: 'failed', failure },
      ...undone('launch-machine', `TERMINATION_UNCONFIRMED: ${why}`),
      ended('termination_unconfirmed'),
    )
    expect(outcomeOf(state).error?.why).toBe(`${why} Before that: ${failure.code}: ${failure.why}`)
  })

  it('is not unconfirmed after a late confirmation', () => {
    const late = { ...failure, code: 'TERMINATION_UNCONFIRMED' }
    const state = fold(
      recorded({ launchToken: 't', machine, terminationConfirmedAt: at, terminationProof: 'gone' }),
      { type: 'unwind-started', status: 'failed', failure: late },
      ...undone('launch-machine', null),
      { type: 'run-ended', status: 'failed', failure: late },
    )
    const outcome = outcomeOf(state)
    expect(outcome).toMatchObject({ status: 'failed', termination: { confirmed: true } })
    expect(exitCodeOf(outcome)).toBe(1)
  })

  it('has the exit code of its error; that of a clean-up depends only on leftovers', () => {
    const failed = outcomeOf(fold({ type: 'unwind-started', status: 'failed', failure }, ended('failed')))
    expect([exitCodeOf(failed), exitCodeOfCleanup(failed)]).toEqual([1, 0])
    const succeeded = outcomeOf(fold(ended('succeeded')))
    expect([exitCodeOf(succeeded), exitCodeOfCleanup(succeeded)]).toEqual([0, 0])
  })
})
