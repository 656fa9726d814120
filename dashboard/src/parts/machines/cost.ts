/** What a machine has cost by now: its price follows from what its run would cost at worst. Pure. */

export interface BilledMachine {
  worstCaseUsd: number | null
  /** Of the run: its worst case counts from here to the deadline. */
  startedAt: string
  deadlineAt: string
  launchedAt: string | null
  terminatedAt: string | null
}

const HOUR_MS = 3_600_000

/** Null where the machine has no price. */
export function pricePerHourOf({ worstCaseUsd, startedAt, deadlineAt }: BilledMachine): number | null {
  const boundMs = Date.parse(deadlineAt) - Date.parse(startedAt)
  return worstCaseUsd === null || boundMs <= 0 ? null : (worstCaseUsd / boundMs) * HOUR_MS
}

/** Null where it is not known. It goes on beyond the deadline, for as long as the machine does. */
export function costSoFar(machine: BilledMachine, nowMs: number): number | null {
  const price = pricePerHourOf(machine)
  if (price === null || machine.launchedAt === null) return null
  const endMs = machine.terminatedAt === null ? nowMs : Date.parse(machine.terminatedAt)
  return (Math.max(0, endMs - Date.parse(machine.launchedAt)) / HOUR_MS) * price
}
