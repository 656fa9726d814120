/** What the journals of this machine tell of its runs, without taking hold of any. */
import { RadixError } from '../errors/radix-error.ts'
import { renderErrorObject } from '../errors/render.ts'
import type { RunOutcome } from './events.ts'
import { foldJournal, isSettled, type RunState } from './journal/run-state.ts'
import { openRunStore, type RunStore } from './journal/run-store.ts'
import { outcomeOf } from './outcome.ts'

export interface RunView {
  state: RunState
  outcome: RunOutcome
  /** The living process that works on it. */
  pid: number | null
  /** Nobody works on it, and something of it may be left: `radix bench cleanup` ends it. */
  needsCleanup: boolean
}

export type RunListing = { runId: string } & ({ view: RunView } | { damage: string })

/** Newest first. A journal that cannot be read is listed with the reason. */
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
        return [{ runId, damage: renderErrorObject(error).why }]
      }
    })
}

/** Throws `RUN_NOT_FOUND`, `JOURNAL_DAMAGED`. */
export function lookAtRun(dataDir: string, runId: string, store: RunStore = openRunStore(dataDir)): RunView {
  const view = readView(store, runId)
  if (!view) throw new RadixError('RUN_NOT_FOUND', { run_id: runId, directory: store.directory })
  return view
}

function readView(store: RunStore, runId: string): RunView | undefined {
  const entries = store.read(runId)
  if (!entries || entries.length === 0) return undefined
  const state = foldJournal(entries)
  const pid = store.findHolder(runId) ?? null
  return { state, outcome: outcomeOf(state), pid, needsCleanup: pid === null && !isSettled(state) }
}
