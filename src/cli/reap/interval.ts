/** When the next sweep is due. */
const DEFAULT_INTERVAL_MINUTES = 10

/** A single sweep has an interval too if a schedule starts one after another. Null if no next sweep is known. */
export function secondsToNextSweep({
  watch,
  intervalMinutes,
}: {
  watch?: boolean
  intervalMinutes?: number
}): number | null {
  if (intervalMinutes !== undefined) return intervalMinutes * 60
  return watch ? DEFAULT_INTERVAL_MINUTES * 60 : null
}
