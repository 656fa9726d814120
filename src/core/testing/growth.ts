/** How the work of a function on text grows with the length of the text, whatever the speed and the load of the machine. */

const CHARACTERS = 8192
const TIMES_LONGER = 4
const REPETITIONS = 5
const ROUNDS = 4
/** Below this the longer text is fast enough, and the clock too coarse to say more. */
const NEGLIGIBLE_MS = 2
/** A time above this is told from the noise of the machine by two rounds of one repetition. */
const CLEAR_MS = 100

/**
 * The time for `unit` repeated to four times the length over that for the shorter text: 4 is linear, 16 quadratic. Each time
 * is the least of several rounds, as everything else that runs on the machine only adds to it.
 */
export function growthOf(work: (text: string) => unknown, unit: string): number {
  const short = unit.repeat(Math.ceil(CHARACTERS / unit.length))
  const long = short.repeat(TIMES_LONGER)
  const least = { shortMs: Number.POSITIVE_INFINITY, longMs: Number.POSITIVE_INFINITY }
  for (let round = 0; round < ROUNDS; round++) {
    least.longMs = Math.min(
      least.longMs,
      leastMs(() => work(long)),
    )
    if (least.longMs < NEGLIGIBLE_MS) return TIMES_LONGER
    least.shortMs = Math.min(
      least.shortMs,
      leastMs(() => work(short)),
    )
    if (round > 0 && least.longMs > CLEAR_MS) break
  }
  return least.longMs / least.shortMs
}

/** The least of several is what the work takes: everything else that runs only adds to it. */
function leastMs(work: () => unknown): number {
  let least = Number.POSITIVE_INFINITY
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    const startMs = performance.now()
    work()
    least = Math.min(least, performance.now() - startMs)
    if (least > CLEAR_MS) break
  }
  return least
}
