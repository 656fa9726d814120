/** Journals of runs, for tests: the first entry of a run, and the state after some entries. */
import { parseRunConfig, type RunConfig, type RunConfigInput } from '../config.ts'
import type { JournalEntry, NewJournalEntry } from '../journal/entry.ts'
import { foldJournal, type RunState } from '../journal/run-state.ts'

export const RUN_ID = 'run_01jdqk4e8f3q8k2c9v5w7x6y1z'
/** The time of all entries in such a journal. */
export const JOURNAL_TIME = '2026-03-02T09:00:00.000Z'

type Started = Extract<JournalEntry, { type: 'run-started' }>

export function testConfig(changes: Partial<RunConfigInput> = {}): RunConfig {
  return parseRunConfig({
    provider: 'local',
    apiBase: 'https://radix.example.com',
    dataDir: '/d',
    outputDirectory: '/o',
    ...changes,
  })
}

/** The first entry of a journal. */
export function runStarted(changes: Partial<Started> = {}): Started {
  return {
    type: 'run-started',
    schema: 'radix.journal/v1',
    at: JOURNAL_TIME,
    runId: RUN_ID,
    config: testConfig(),
    deadlineAt: JOURNAL_TIME,
    radixVersion: '1',
    adopted: false,
    ...changes,
  }
}

/** The state of a run after `started` and `entries`. */
export function stateAfter(started: Partial<Started>, ...entries: readonly NewJournalEntry[]): RunState {
  return foldJournal([runStarted(started), ...entries.map((entry) => ({ ...entry, at: JOURNAL_TIME }) as JournalEntry)])
}
