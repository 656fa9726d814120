/**
 * Long calculations on the event loop: one at a time, in slices between which the loop serves others, with a bounded
 * number waiting.
 */
import { RadixError } from '../../errors/radix-error.ts'

export interface WorkQueue {
  /** Runs `work` when all before it are done. Throws `UNAVAILABLE` where as many wait as may. */
  run<T>(work: (pause: Pause) => Promise<T>): Promise<T>
}

/** Lets the event loop go round once. To be awaited after every few milliseconds of work. */
export type Pause = () => Promise<void>

export function createWorkQueue(maximumUnfinished: number): WorkQueue {
  let last: Promise<unknown> = Promise.resolve()
  let unfinished = 0
  return {
    run(work) {
      if (unfinished >= maximumUnfinished) {
        const reason = `${unfinished} scores are already being calculated or waiting, and the queue is full.`
        return Promise.reject(new RadixError('UNAVAILABLE', { reason }))
      }
      unfinished++
      const result = last.then(() => work(pause)).finally(() => unfinished--)
      last = result.catch(() => {})
      return result
    },
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
