/**
 * Undoes in reverse what the journal says was started. Every undo is tried even if others fail, with its own time and
 * retries. Failed undos stay in the journal as pending for a clean-up.
 */
import { backoffDelayMs } from '../core/backoff.ts'
import { HARNESS_LIMITS } from '../core/limits/harness.ts'
import { isRadixError } from '../errors/radix-error.ts'
import { asRadixError } from '../errors/render.ts'
import { isControlPlaneLost } from './control-plane-lost.ts'
import { type RunState, wasStarted } from './journal/run-state.ts'
import { CLOSING, PLAN } from './plan.ts'
import type { RunInProgress } from './run-in-progress.ts'
import type { Undo } from './step.ts'
import { boundStep, stepTimedOut, TimeoutReached } from './step-bounds.ts'
import { isRefusal } from './wait.ts'

/** Ends the run. Does not throw: the outcome is in the journal. */
export async function unwind(run: RunInProgress): Promise<void> {
  for (const undo of undosOf(run.state)) await runUndo(run, undo)
  const { status, failure } = run.ending()
  run.append({ type: 'run-ended', status, failure })
}

/**
 * The undos to run, in order. Pure. An undo that succeeded in an earlier unwinding is repeated: it is idempotent, and
 * the current answers of the provider and the control plane count more than earlier ones.
 */
export function undosOf(state: RunState): Undo[] {
  const undos: Undo[] = []
  for (const { name, undo, undoFirst, undoTimeoutMs = HARNESS_LIMITS.undoOther.value } of PLAN.toReversed()) {
    if (!undo || !wasStarted(state, name)) continue
    const each = { step: name, run: undo, timeoutMs: undoTimeoutMs }
    if (undoFirst) undos.unshift(each)
    else undos.push(each)
  }
  if (wasStarted(state, 'register-run')) undos.push(...CLOSING)
  return undos
}

/** Only terminates machines, for a run that succeeded but still has one. */
export async function unwindMachines(run: RunInProgress): Promise<void> {
  for (const undo of undosOf(run.state)) if (undo.step === 'launch-machine') await runUndo(run, undo)
  const unconfirmed = run.state.steps['launch-machine'].undo === 'failed'
  const { failure } = run.state
  run.append({ type: 'run-ended', status: unconfirmed ? 'termination_unconfirmed' : 'succeeded', failure })
}

async function runUndo(run: RunInProgress, { step, run: undo, timeoutMs }: Undo): Promise<void> {
  const { clock, logger } = run.ports
  const bounds = boundStep({ clock, timeoutMs, deadlineAt: null, stop: null })
  const { context, close } = run.contextFor(step, bounds.signal)
  const startedMs = clock.monotonicMs()
  run.append({ type: 'undo-started', step })
  run.emit({ type: 'undo-started', step })
  let failure: unknown = null
  for (let attempt = 0; ; attempt++) {
    try {
      await Promise.race([undo(context), bounds.abandoned])
      failure = null
      break
    } catch (error) {
      // The last error of a try is more informative than the timeout.
      if (failure === null || !bounds.signal.aborted || error !== bounds.signal.reason) failure = error
      logger.debug({ err: error, step, attempt }, 'an undo failed')
      if (bounds.signal.aborted || !mayRetry(error)) break
      const waitMs = backoffDelayMs(attempt, { initialMs: 200, maximumMs: 5000 })
      if (
        !(await clock.sleep(waitMs, bounds.signal).then(
          () => true,
          () => false,
        ))
      )
        break
    }
  }
  close()
  bounds.dispose()
  // An undo that hung until its time was up has no error of its own.
  if (failure instanceof TimeoutReached) failure = stepTimedOut(`${step} (undo)`, failure, run.state.runId)
  const error = failure === null ? null : asRadixError(failure)
  run.append({ type: 'undo-finished', step, error: error && `${error.code}: ${error.why}` })
  run.emit({ type: 'undo-finished', step, durationMs: clock.monotonicMs() - startedMs, error })
}

/** A refusal will not change by itself, nor will a control plane that cannot be started. Other errors may. */
function mayRetry(error: unknown): boolean {
  return !isRefusal(error) && !isControlPlaneLost(error) && !isRadixError(error, 'TERMINATION_UNCONFIRMED')
}
