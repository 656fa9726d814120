/** What stops a step from outside: its timeout, the run's deadline, and a requested stop. */
import type { Clock } from '../core/clock.ts'
import { HARNESS_LIMITS } from '../core/limits/harness.ts'
import { RadixError } from '../errors/radix-error.ts'

export class TimeoutReached extends Error {
  readonly timeoutMs: number
  constructor(timeoutMs: number) {
    super(`it did not finish within ${timeoutMs} ms`)
    this.timeoutMs = timeoutMs
  }
}

/** The error for the user. `step`: in words. */
export function stepTimedOut(step: string, { timeoutMs }: TimeoutReached, runId: string): RadixError {
  return new RadixError('STEP_TIMED_OUT', { step, timeout_seconds: timeoutMs / 1000, run_id: runId })
}

export class DeadlineReached extends Error {}

export interface StepBounds {
  signal: AbortSignal
  /** Rejects some time after the signal has aborted, for a step that ignores the signal. */
  abandoned: Promise<never>
  dispose(): void
}

interface BoundOptions {
  clock: Clock
  timeoutMs: number | null
  deadlineAt: Date | null
  stop: AbortSignal | null
}

export function boundStep({ clock, timeoutMs, deadlineAt, stop }: BoundOptions): StepBounds {
  const controller = new AbortController()
  const timers = new AbortController()
  const abortAfter = (durationMs: number, reason: () => unknown) => {
    if (durationMs <= 0) return controller.abort(reason())
    clock.sleep(durationMs, timers.signal).then(
      () => controller.abort(reason()),
      () => {},
    )
  }
  const onStop = () => controller.abort(stop?.reason)
  if (stop?.aborted) onStop()
  stop?.addEventListener('abort', onStop)
  if (deadlineAt) abortAfter(deadlineAt.getTime() - clock.now().getTime(), () => new DeadlineReached())
  if (timeoutMs !== null) abortAfter(timeoutMs, () => new TimeoutReached(timeoutMs))

  const abandoned = new Promise<never>((_, reject) => {
    const abandon = () =>
      clock.sleep(HARNESS_LIMITS.orderlyEnd.value, timers.signal).then(
        () => reject(controller.signal.reason),
        () => {},
      )
    if (controller.signal.aborted) void abandon()
    else controller.signal.addEventListener('abort', abandon, { once: true })
  })
  abandoned.catch(() => {})

  return {
    signal: controller.signal,
    abandoned,
    dispose() {
      stop?.removeEventListener('abort', onStop)
      timers.abort(new Error('the step is over'))
    },
  }
}
