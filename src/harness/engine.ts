/**
 * Carries a run through the plan: it writes the intent to the journal, performs the effect, and records the outcome.
 * Any stop (an error, the deadline, an interrupt, a cancel request) leads to `unwind`. After a crash at any point,
 * another process can continue or clean up from the journal.
 */
import { HARNESS_LIMITS } from '../core/limits/harness.ts'
import { RadixError } from '../errors/radix-error.ts'
import { asRadixError, renderErrorObject } from '../errors/render.ts'
import { isStepOver } from './journal/run-state.ts'
import { PLAN } from './plan.ts'
import type { RunInProgress } from './run-in-progress.ts'
import type { Step, StepResult } from './step.ts'
import { boundStep, DeadlineReached, stepTimedOut, TimeoutReached } from './step-bounds.ts'
import { unwind } from './unwind.ts'

/** Runs the steps that the journal does not show as finished, until the run has ended. */
export async function advance(run: RunInProgress, interrupt: AbortSignal): Promise<void> {
  const stop = new StopSignal(run, interrupt)
  run.startReports()
  try {
    for (const step of PLAN) {
      if (!isStepOver(run.state, step.name)) await runStep(run, step, stop.signal)
    }
    run.append({ type: 'run-ended', status: 'succeeded', failure: null })
  } catch (error) {
    const status = error instanceof RadixError && error.code === 'RUN_CANCELLED' ? 'cancelled' : 'failed'
    run.beginUnwinding()
    run.append({ type: 'unwind-started', status, failure: renderErrorObject(error) })
    warnOfDetails(run, asRadixError(error))
    await unwind(run)
  } finally {
    stop.dispose()
    await run.endReports()
  }
}

async function runStep(run: RunInProgress, step: Step, stop: AbortSignal): Promise<void> {
  const { clock } = run.ports
  const deadlineAt = step.boundByDeadline === false ? null : new Date(run.state.deadlineAt)
  const bounds = boundStep({ clock, timeoutMs: step.timeoutMs, deadlineAt, stop })
  const { context, close } = run.contextFor(step.name, bounds.signal)
  const startedMs = clock.monotonicMs()
  run.append({ type: 'step-started', step: step.name })
  run.emit({ type: 'step-started', step: step.name })
  const finish = (status: 'succeeded' | 'skipped' | 'failed', message: string | null) => {
    const durationMs = clock.monotonicMs() - startedMs
    run.append({ type: 'step-finished', step: step.name, status, message })
    run.emit({ type: 'step-finished', step: step.name, status, durationMs, message })
  }
  let result: StepResult
  try {
    bounds.signal.throwIfAborted()
    result = await Promise.race([step.do(context), bounds.abandoned])
    bounds.signal.throwIfAborted()
  } catch (error) {
    close()
    const cause = await explain(run, step, bounds.signal.aborted ? bounds.signal.reason : error)
    try {
      finish('failed', renderErrorObject(cause).why)
    } catch (journalError) {
      run.ports.logger.warn({ err: journalError }, 'the failure of a step could not be written to the journal')
    }
    throw cause
  } finally {
    close()
    bounds.dispose()
  }
  finish(result.status, result.message)
}

/** Turns the bound that a step reached into an error that a user can act on. */
async function explain(run: RunInProgress, step: Step, reason: unknown): Promise<unknown> {
  const { clock } = run.ports
  const bounds = boundStep({ clock, timeoutMs: HARNESS_LIMITS.explanation.value, deadlineAt: null, stop: null })
  const { context } = run.contextFor(step.name, bounds.signal)
  try {
    if (reason instanceof TimeoutReached) {
      const explanation = step.onTimeout?.(context, reason.timeoutMs / 1000)
      // The component that hangs may be the one that is asked for the explanation, so the wait is bounded.
      const explained = await Promise.race([explanation, bounds.abandoned]).catch(() => undefined)
      return explained ?? stepTimedOut(step.name, reason, context.runId)
    }
    if (reason instanceof DeadlineReached) {
      if (step.onDeadline) return step.onDeadline(context)
      const params = { ttl_minutes: context.config.ttlMinutes, step: step.name, run_id: context.runId }
      return new RadixError('RUN_TTL_EXCEEDED', params)
    }
    return reason
  } finally {
    bounds.dispose()
  }
}

/** The tail of a log must be visible to the user, not only in the error's details. */
function warnOfDetails(run: RunInProgress, error: RadixError): void {
  const tail = error.details.log_tail
  if (typeof tail === 'string' && tail) {
    run.emit({ type: 'warning', message: `The last lines of the machine's log:\n${tail}` })
  }
}

/** An interrupt by the user or a cancel request to the control plane, whichever comes first, as an error. */
class StopSignal {
  readonly #controller = new AbortController()
  readonly #run: RunInProgress
  readonly #interrupt: AbortSignal

  constructor(run: RunInProgress, interrupt: AbortSignal) {
    this.#run = run
    this.#interrupt = interrupt
    interrupt.addEventListener('abort', this.#onInterrupt)
    run.cancelRequested.addEventListener('abort', this.#onCancel)
    if (interrupt.aborted) this.#onInterrupt()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  dispose(): void {
    this.#interrupt.removeEventListener('abort', this.#onInterrupt)
    this.#run.cancelRequested.removeEventListener('abort', this.#onCancel)
  }

  readonly #onInterrupt = () => {
    const { reason } = this.#interrupt
    this.#run.tellOfCancel()
    this.#abort(typeof reason === 'string' ? reason : 'an interrupt')
  }

  readonly #onCancel = () => this.#abort('a request to the control plane')

  #abort(requestedBy: string): void {
    const params = { run_id: this.#run.state.runId, requested_by: requestedBy }
    this.#controller.abort(new RadixError('RUN_CANCELLED', params))
  }
}
