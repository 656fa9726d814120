/**
 * Time as a value that is passed in. Production code takes a `Clock`; tests hand it a `ManualClock` and move it.
 * Nothing outside this file calls `Date.now()` to decide anything.
 */
export interface Clock {
  /** Wall-clock time. */
  now(): Date
  /** Milliseconds from an arbitrary origin, never going backwards: for durations. */
  monotonicMs(): number
  /** Resolves after `durationMs`; rejects at once with `signal.reason` when the signal aborts. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>
}

/** Timers that are set for longer fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: async (durationMs, signal) => {
    for (let leftMs = durationMs; ; leftMs -= LONGEST_TIMER_MS) {
      await delay(Math.min(leftMs, LONGEST_TIMER_MS), signal)
      if (leftMs <= LONGEST_TIMER_MS) return
    }
  },
}

/** In browsers, too, where there is no `node:timers`. */
function delay(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const onAbort = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, durationMs)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

interface Sleeper {
  wakeAtMs: number
  wake: () => void
}

/** A clock that stands still until `advance` moves it; sleepers wake in the order of their time. */
export class ManualClock implements Clock {
  #nowMs: number
  #sleepers: Sleeper[] = []

  constructor(start: Date | string = '2026-01-01T00:00:00Z') {
    this.#nowMs = new Date(start).getTime()
  }

  now(): Date {
    return new Date(this.#nowMs)
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  get sleeperCount(): number {
    return this.#sleepers.length
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const sleeper: Sleeper = { wakeAtMs: this.#nowMs + durationMs, wake: resolve }
      this.#sleepers.push(sleeper)
      signal?.addEventListener(
        'abort',
        () => {
          this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
          reject(signal.reason)
        },
        { once: true },
      )
    })
  }

  /** Moves time forward by `durationMs`, waking each sleeper at its own time and letting it run before the next. */
  async advance(durationMs: number): Promise<void> {
    // Whoever is about to sleep does so first.
    await settle()
    const endMs = this.#nowMs + durationMs
    for (;;) {
      const next = this.#sleepers.filter((s) => s.wakeAtMs <= endMs).sort((a, b) => a.wakeAtMs - b.wakeAtMs)[0]
      if (!next) break
      this.#nowMs = Math.max(this.#nowMs, next.wakeAtMs)
      this.#sleepers = this.#sleepers.filter((other) => other !== next)
      next.wake()
      await settle()
    }
    this.#nowMs = endMs
    await settle()
  }
}

/** Lets promise chains that are ready run to their next wait. */
async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve))
}
