/** The system's clock with leaps: time goes on by itself, and a test may move everybody's forward. */
import type { Clock } from '../../src/core/clock.ts'

interface Sleeper {
  wakeAtMs: number
  schedule(): void
}

export class JumpClock implements Clock {
  #offsetMs = 0
  readonly #sleepers = new Set<Sleeper>()

  now(): Date {
    return new Date(Date.now() + this.#offsetMs)
  }

  monotonicMs(): number {
    return performance.now() + this.#offsetMs
  }

  jump(durationMs: number): void {
    this.#offsetMs += durationMs
    for (const sleeper of this.#sleepers) sleeper.schedule()
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      let timer: NodeJS.Timeout | undefined
      const settle = (finish: () => void) => {
        clearTimeout(timer)
        this.#sleepers.delete(sleeper)
        signal?.removeEventListener('abort', onAbort)
        finish()
      }
      const onAbort = () => settle(() => reject(signal?.reason))
      const sleeper: Sleeper = {
        wakeAtMs: this.monotonicMs() + durationMs,
        schedule: () => {
          clearTimeout(timer)
          // Longer timers than this do not exist; no test lives to see one.
          const leftMs = Math.min(Math.max(0, sleeper.wakeAtMs - this.monotonicMs()), 2 ** 31 - 1)
          timer = setTimeout(() => settle(resolve), leftMs).unref()
        },
      }
      this.#sleepers.add(sleeper)
      signal?.addEventListener('abort', onAbort)
      sleeper.schedule()
    })
  }
}
