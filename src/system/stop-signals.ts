/**
 * How a program is told to stop, the same for every command. The first signal requests an orderly end. The same signal
 * again, a second or more later, ends the program at once.
 */
import { type Clock, systemClock } from '../core/clock.ts'
import { SYSTEM_LIMITS } from '../core/limits/system.ts'

export interface StopRequest {
  /** Aborts, with the signal's name as its reason, when the program is told to stop. */
  readonly signal: AbortSignal
  /** The signals have their default effect again: to be called once the orderly end is done, not before. */
  dispose(): void
}

interface StopOptions {
  /** Called at the first signal, before `signal` aborts. */
  onStop?(signal: NodeJS.Signals): void
  /** Called before the program ends at once, with exit code 130. Must be synchronous. */
  onLeave?(): void
  clock?: Pick<Clock, 'monotonicMs'>
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** A terminal and the program's parent may both pass on the same Ctrl-C. */
const SAME_PRESS_MS = SYSTEM_LIMITS.samePress.value
const INTERRUPTED = 130

/** Listens when it returns. To be called before the user is told how to stop the program. */
export function listenForStop({ onStop, onLeave, clock = systemClock }: StopOptions = {}): StopRequest {
  const controller = new AbortController()
  let first: { signal: NodeJS.Signals; atMs: number } | undefined
  const onSignal = (signal: NodeJS.Signals) => {
    const atMs = clock.monotonicMs()
    if (!first) {
      first = { signal, atMs }
      onStop?.(signal)
      return controller.abort(signal)
    }
    // CI systems send SIGINT and, some seconds later, SIGTERM: only a repeat of the same signal forces the end.
    if (signal !== first.signal || atMs - first.atMs < SAME_PRESS_MS) return
    onLeave?.()
    process.exit(INTERRUPTED)
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  return {
    signal: controller.signal,
    dispose: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal)
    },
  }
}
