/** A clock for work that waits: it stands still while anything can be done, and then goes on to the next sleeper. */
import { ManualClock } from '../../core/clock.ts'

const STEP_MS = 1000
/** Longer than any run may take, its clean-up included. */
const LONGEST_MS = 48 * 60 * 60_000

export class DrivenClock extends ManualClock {
  /** The answer of the work, with time going on until it is there. Throws for work that no passing of time ends. */
  async during<T>(work: Promise<T>): Promise<T> {
    let isOver = false
    const end = () => {
      isOver = true
    }
    work.then(end, end)
    const latestMs = this.monotonicMs() + LONGEST_MS
    // Work that waits for nothing is over before any time has passed.
    for (await this.advance(0); !isOver; await this.advance(STEP_MS)) {
      if (this.monotonicMs() > latestMs) throw new Error('the work waits for something other than time')
    }
    return work
  }
}
