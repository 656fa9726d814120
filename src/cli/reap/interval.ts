/** When the next sweep is due. */
const DEFAULT_INTERVAL_MINUTES = 10

/** Also of a single sweep, where a schedule starts one after the other; null where none is known to follow. */
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
