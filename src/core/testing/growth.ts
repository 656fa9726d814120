/** How the work of a function on text grows with the length of the text, whatever the speed and the load of the machine. */

const CHARACTERS = 8192
const TIMES_LONGER = 4
const REPETITIONS = 5
const ROUNDS = 8
const CLEARLY_LINEAR = 6
/** Below this the longer text is fast enough, and the clock too coarse to say more. */
const NEGLIGIBLE_MS = 2

/**
 * The time for `unit` repeated to four times the length over that for the shorter text: 4 is linear, 16 quadratic. The
 * least of several rounds: what else runs on the machine can make one round look quadratic, and not each of them.
 */
export function growthOf(work: (text: string) => unknown, unit: string): number {
  const short = unit.repeat(Math.ceil(CHARACTERS / unit.length))
  const long = short.repeat(TIMES_LONGER)
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS && least > CLEARLY_LINEAR; round++) {
    const longMs = leastMs(() => work(long))
    least = Math.min(least, longMs < NEGLIGIBLE_MS ? TIMES_LONGER : longMs / leastMs(() => work(short)))
  }
  return least
}

/** The least of several is what the work takes: everything else that runs only adds to it. */
function leastMs(work: () => unknown): number {
  let least = Number.POSITIVE_INFINITY
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    const startMs = performance.now()
    work()
    least = Math.min(least, performance.now() - startMs)
    if (least < NEGLIGIBLE_MS) break
  }
  return least
}
