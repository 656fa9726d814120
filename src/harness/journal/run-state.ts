/**
 * Folds the entries of a journal into the state of the run. Pure. This is the only source of a run's state, both for
 * the process that works on it and for one that finds it after a crash.
 */
import type { RunStep } from '../../contract/schemas/run.ts'
import { isFinal, RUN_TRANSITIONS, type RunStatus } from '../../core/transitions.ts'
import type { RunConfig } from '../config.ts'
import { STEP_NAMES, type StepName } from '../step-names.ts'
import type { Failure, JournalEntry, RunFacts } from './entry.ts'

export interface StepState {
  status: RunStep['status']
  startedAt: string | null
  finishedAt: string | null
  message: string | null
  /** `failed`: pending, to be tried again by a clean-up. */
  undo: 'none' | 'started' | 'done' | 'failed'
  undoError: string | null
}

export interface RunState {
  runId: string
  config: RunConfig
  radixVersion: string
  adopted: boolean
  startedAt: string
  deadlineAt: string
  /** The last process that worked on it. */
  pid: number | null
  phase: 'advancing' | 'unwinding' | 'ended'
  /** `running` until it has ended. */
  status: RunStatus
  /** The reason for the unwinding. */
  failure: Failure | null
  /** The final status if the unwinding leaves nothing behind. */
  unwindStatus: 'failed' | 'cancelled' | null
  endedAt: string | null
  steps: Record<StepName, StepState>
  facts: RunFacts
}

/** Throws `TypeError` if the first entry does not start a run: such a journal is damaged. */
export function foldJournal(entries: readonly JournalEntry[]): RunState {
  const [first, ...rest] = entries
  if (first?.type !== 'run-started') throw new TypeError('it does not begin with run-started')
  return rest.reduce(applyEntry, initialState(first))
}

/** The state after one more entry. `state` itself is not changed. */
export function applyEntry(state: RunState, entry: JournalEntry): RunState {
  switch (entry.type) {
    case 'run-started':
      throw new TypeError('run-started comes twice')
    case 'process-started':
      return { ...state, pid: entry.pid }
    case 'step-started':
      return withStep(state, entry.step, { status: 'running', startedAt: entry.at, finishedAt: null, message: null })
    case 'recorded':
      return { ...state, facts: { ...state.facts, ...entry.facts } }
    case 'step-finished':
      return withStep(state, entry.step, { status: entry.status, finishedAt: entry.at, message: entry.message })
    case 'unwind-started':
      return {
        ...state,
        phase: 'unwinding',
        unwindStatus: entry.status,
        failure: entry.failure,
        steps: mapSteps(state, (step) => ({ ...step, undo: 'none', undoError: null })),
      }
    case 'undo-started':
      return withStep(state, entry.step, { undo: 'started', undoError: null })
    case 'undo-finished':
      return withStep(state, entry.step, { undo: entry.error === null ? 'done' : 'failed', undoError: entry.error })
    case 'run-ended':
      return { ...state, phase: 'ended', status: entry.status, failure: entry.failure, endedAt: entry.at }
  }
}

/** Steps that may have had an effect: their intent is in the journal, or the journal itself is missing. */
export function wasStarted(state: RunState, step: StepName): boolean {
  return state.adopted || state.steps[step].startedAt !== null
}

/** Steps that need not be repeated. */
export function isStepOver(state: RunState, step: StepName): boolean {
  const { status } = state.steps[step]
  return status === 'succeeded' || status === 'skipped'
}

/** Undos that were tried and did not succeed, with the reason. */
export function pendingUndos(state: RunState): { step: StepName; reason: string }[] {
  return STEP_NAMES.filter((name) => state.steps[name].undo === 'failed').map((step) => ({
    step,
    reason: state.steps[step].undoError ?? 'unknown',
  }))
}

/** True if the run has ended and nothing is left to do. */
export function isSettled(state: RunState): boolean {
  return state.phase === 'ended' && isFinal(RUN_TRANSITIONS, state.status) && pendingUndos(state).length === 0
}

function initialState(first: Extract<JournalEntry, { type: 'run-started' }>): RunState {
  const notStarted: StepState = {
    status: 'pending',
    startedAt: null,
    finishedAt: null,
    message: null,
    undo: 'none',
    undoError: null,
  }
  return {
    runId: first.runId,
    config: first.config,
    radixVersion: first.radixVersion,
    adopted: first.adopted,
    startedAt: first.at,
    deadlineAt: first.deadlineAt,
    pid: null,
    phase: 'advancing',
    status: 'running',
    failure: null,
    unwindStatus: null,
    endedAt: null,
    steps: mapNames(() => notStarted),
    facts: {},
  }
}

function mapSteps(state: RunState, change: (step: StepState) => StepState): RunState['steps'] {
  return mapNames((name) => change(state.steps[name]))
}

function mapNames(make: (name: StepName) => StepState): RunState['steps'] {
  return Object.fromEntries(STEP_NAMES.map((name) => [name, make(name)])) as Record<StepName, StepState>
}

function withStep(state: RunState, step: StepName, change: Partial<StepState>): RunState {
  return { ...state, steps: { ...state.steps, [step]: { ...state.steps[step], ...change } } }
}
