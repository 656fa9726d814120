/** Measures how the work of a function grows with the length of its text, at any speed and load of the machine. */

const CHARACTERS = 8192
const TIMES_LONGER = 4
const REPETITIONS = 5
const ROUNDS = 12
/** Nearer to linear than to quadratic: it need not be measured again. */
const LINEAR_ENOUGH = 6
/** Below this the longer text is fast enough, and the clock too coarse to say more. */
const NEGLIGIBLE_MS = 2
/** Several of the kernel's ticks for the time of a thread. */
const LONG_MS = 20

/**
 * The time for `unit` repeated to four times the length over that for the shorter text: 4 is linear, 16 quadratic. Each time
 * is the least of several rounds, as everything else that runs on the machine only adds to it; what looks quadratic is
 * measured the most often.
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
    if (least.longMs / least.shortMs <= LINEAR_ENOUGH) break
    // Times of the processor are what they are.
    if (least.shortMs > LONG_MS) break
  }
  return least.longMs / least.shortMs
}

/**
 * The least of several is what the work takes: everything else that runs only adds to it. Work that takes long is always
 * disturbed on a busy machine: it is measured by its time of the processor, which is too coarse for short work, and once.
 */
function leastMs(work: () => unknown): number {
  let least = Number.POSITIVE_INFINITY
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    const startMs = performance.now()
    const started = process.threadCpuUsage()
    work()
    const elapsedMs = performance.now() - startMs
    const { user, system } = process.threadCpuUsage(started)
    const workMs = elapsedMs > LONG_MS ? (user + system) / 1000 : elapsedMs
    least = Math.min(least, workMs)
    if (workMs > LONG_MS) break
  }
  return least
}
