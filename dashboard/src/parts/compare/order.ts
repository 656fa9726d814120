/** Which of the compared runs comes first: what the others are measured against. Pure. */

/**
 * The run that the user chose, then the oldest first, so that changes read in the order of time. `startedAt` holds no
 * run that could not be read: those come last.
 */
export function orderRuns(runIds: readonly string[], startedAt: ReadonlyMap<string, string>, first?: string): string[] {
  const timeOf = (runId: string) => {
    if (runId === first) return Number.NEGATIVE_INFINITY
    const at = startedAt.get(runId)
    return at === undefined ? Number.POSITIVE_INFINITY : Date.parse(at)
  }
  // Not by a difference: two that are not known have none.
  return runIds.toSorted((one, other) => {
    if (timeOf(one) === timeOf(other)) return 0
    return timeOf(one) < timeOf(other) ? -1 : 1
  })
}
