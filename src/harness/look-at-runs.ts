/** Reads what the journals of this machine say about its runs, without taking hold of any. */
import { join } from 'node:path'
import type { Lookup } from '../core/lookup.ts'
import { isRadixError, RadixError } from '../errors/radix-error.ts'
import { asRadixError } from '../errors/render.ts'
import type { RunOutcome } from './events.ts'
import type { JournalEntry } from './journal/entry.ts'
import { foldJournal, isSettled, type RunState } from './journal/run-state.ts'
import { openRunStore, type RunStore } from './journal/run-store.ts'
import { outcomeOf } from './outcome.ts'

export interface InspectedRun {
  state: RunState
  outcome: RunOutcome
  /** The pid of the living process that works on it. */
  worker: Lookup<number>
  /** It has not ended, and its process is known to have ended. */
  wasInterrupted: boolean
  /** No process works on it, and something may be left: `radix bench cleanup` removes it. */
  needsCleanup: boolean
}

/** `damage`: its journal can never be read; `unseen`: it could not be read now. */
export type RunListing = { runId: string } & ({ view: InspectedRun } | { damage: string } | { unseen: RadixError })

/** Newest first. A journal that is damaged, or cannot be read by this user, is listed with the reason. */
export function listRuns(dataDir: string, store: RunStore = openRunStore(dataDir)): RunListing[] {
  return store
    .list()
    .sort()
    .toReversed()
    .flatMap((runId): RunListing[] => {
      try {
        const view = readView(store, runId)
        return view ? [{ runId, view }] : []
      } catch (error) {
        if (isRadixError(error, 'JOURNAL_DAMAGED')) return [{ runId, damage: error.why }]
        return [{ runId, unseen: asRadixError(error) }]
      }
    })
}

/** Throws `RUN_NOT_FOUND`, `JOURNAL_DAMAGED`, `FILE_NOT_READABLE`. */
export function lookAtRun(dataDir: string, runId: string, store: RunStore = openRunStore(dataDir)): InspectedRun {
  const view = readView(store, runId)
  if (!view) throw new RadixError('RUN_NOT_FOUND', { run_id: runId, directory: store.directory })
  return view
}

function readView(store: RunStore, runId: string): InspectedRun | undefined {
  const entries = store.read(runId)
  if (!entries || entries.length === 0) return undefined
  const state = fold(entries, runId, store)
  const worker = store.findHolder(runId)
  const isLeft = worker.outcome === 'absent'
  return {
    state,
    outcome: outcomeOf(state),
    worker,
    wasInterrupted: isLeft && state.phase !== 'ended',
    needsCleanup: isLeft && !isSettled(state),
  }
}

function fold(entries: readonly JournalEntry[], runId: string, { directory }: RunStore): RunState {
  try {
    return foldJournal(entries)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    const params = { line: 1, path: join(directory, runId, 'journal.jsonl'), reason: error.message, run_id: runId }
    throw new RadixError('JOURNAL_DAMAGED', params, { cause: error })
  }
}
