/** The fold from the events of a run to what a view shows now. Pure: times are given, not read. */
import type { RunStep } from '../../../contract/schemas/run.ts'
import type { WorkloadProgress } from '../../../contract/schemas/workload.ts'
import type { RunEvent } from '../../../harness/events.ts'

export interface LineState {
  name: string
  status: RunStep['status']
  startedMs: number | null
  durationMs: number | null
  message: string | null
}

export interface TrialState {
  trial: number
  trials: number
  progress: WorkloadProgress | null
  /** The first report of timed steps, on which the estimate of the time left is based. */
  firstTimed: { step: number; elapsedSeconds: number } | null
}

export interface RunProgress {
  runId: string | null
  deadlineAt: string | null
  trials: number
  startedMs: number
  steps: readonly LineState[]
  /** In the order in which they were begun; empty while the run goes forward. */
  undos: readonly LineState[]
  trial: TrialState | null
}

export function startProgress(nowMs: number): RunProgress {
  return { runId: null, deadlineAt: null, trials: 1, startedMs: nowMs, steps: [], undos: [], trial: null }
}

export function applyEvent(state: RunProgress, event: RunEvent, nowMs: number): RunProgress {
  switch (event.type) {
    case 'run-started': {
      const { runId, deadlineAt, trials } = event
      return { ...startProgress(nowMs), runId, deadlineAt, trials, steps: event.steps.map((name) => line(name)) }
    }
    case 'step-started': {
      const steps = settleEarlier(state.steps, event.step)
      return { ...state, steps: change(steps, event.step, { status: 'running', startedMs: nowMs, message: null }) }
    }
    case 'step-progress':
      return state.undos.some(({ name, status }) => name === event.step && status === 'running')
        ? { ...state, undos: change(state.undos, event.step, { message: event.message }) }
        : { ...state, steps: change(state.steps, event.step, { message: event.message }) }
    case 'step-finished': {
      const { status, durationMs, message } = event
      const steps = change(state.steps, event.step, { status, durationMs, message })
      return { ...state, steps, trial: event.step === 'run-trials' ? null : state.trial }
    }
    case 'undo-started': {
      const others = state.undos.filter(({ name }) => name !== event.step)
      return { ...state, trial: null, undos: [...others, { ...line(event.step), status: 'running', startedMs: nowMs }] }
    }
    case 'undo-finished': {
      const status = event.error ? 'failed' : 'undone'
      const message = event.error?.message ?? null
      return { ...state, undos: change(state.undos, event.step, { status, durationMs: event.durationMs, message }) }
    }
    case 'trial-started':
      return { ...state, trial: { trial: event.trial, trials: event.trials, progress: null, firstTimed: null } }
    case 'trial-progress':
      return { ...state, trial: advanceTrial(state.trial, event) }
    case 'trial-finished':
    case 'warning':
    case 'run-finished':
      return state
  }
}

/** Seconds until the timed steps of this trial are done, by their pace so far; null while there is none. */
export function secondsLeft({ progress, firstTimed }: TrialState): number | null {
  if (!progress || !firstTimed || progress.step === null || progress.total_steps === null) return null
  const steps = progress.step - firstTimed.step
  const seconds = progress.elapsed_seconds - firstTimed.elapsedSeconds
  return steps > 0 && seconds > 0 ? ((progress.total_steps - progress.step) * seconds) / steps : null
}

function advanceTrial(
  current: TrialState | null,
  { trial, trials, progress }: Extract<RunEvent, { type: 'trial-progress' }>,
): TrialState {
  const before = current?.trial === trial ? current.firstTimed : null
  const timed = progress.step === null ? null : { step: progress.step, elapsedSeconds: progress.elapsed_seconds }
  return { trial, trials, progress, firstTimed: before ?? timed }
}

/** A resumed run does not announce its finished steps again. A later step shows that they are done. */
function settleEarlier(lines: readonly LineState[], name: string): LineState[] {
  const index = lines.findIndex((each) => each.name === name)
  return lines.map((each, position) =>
    position < index && each.status === 'pending' ? { ...each, status: 'succeeded', message: 'done before' } : each,
  )
}

function line(name: string): LineState {
  return { name, status: 'pending', startedMs: null, durationMs: null, message: null }
}

/** A step that was never announced (a clean-up of an old run) is added. */
function change(lines: readonly LineState[], name: string, changes: Partial<LineState>): LineState[] {
  const known = lines.some((each) => each.name === name) ? [...lines] : [...lines, line(name)]
  return known.map((each) => (each.name === name ? { ...each, ...changes } : each))
}
