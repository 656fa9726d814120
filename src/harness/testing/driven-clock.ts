/** A clock for work that waits: it stands still while any work can proceed, and then moves on to the next sleeper. */
import { ManualClock } from '../../core/clock.ts'

const STEP_MS = 1000
/** Longer than any run with its clean-up. */
const LONGEST_MS = 48 * 60 * 60_000

export class DrivenClock extends ManualClock {
  /** Moves time on until the work ends. Throws for work that never ends. */
  async during<T>(work: Promise<T>): Promise<T> {
    let isOver = false
    const end = () => {
      isOver = true
    }
    work.then(end, end)
    const latestMs = this.monotonicMs() + LONGEST_MS
    // Work that does not wait ends before any time has passed.
    for (await this.advance(0); !isOver; await this.advance(STEP_MS)) {
      if (this.monotonicMs() > latestMs) throw new Error('the work waits for something other than time')
    }
    return work
  }
}
