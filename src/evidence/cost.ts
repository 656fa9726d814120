/** The cost of the machine, from its price and the times that the provider reported. Pure. */
import type { Evidence } from '../contract/schemas/evidence.ts'
import { secondsBetween } from '../core/format.ts'
import type { EvidenceFacts } from './facts.ts'

/** Providers bill by the second, with a minimum of one minute. */
const SHORTEST_BILL_SECONDS = 60

/** Null if no price is known or nothing was launched. `throughput`: work per second, the mean over the trials. */
export function buildCost(facts: EvidenceFacts, throughput: number | null): Evidence['cost'] {
  const { quote, machine, termination } = facts
  if (!quote || !machine?.launchedAt) return null
  const billedUntil = termination.confirmedAt ?? facts.finishedAt
  const seconds = Math.max(secondsBetween(machine.launchedAt, billedUntil) ?? 0, SHORTEST_BILL_SECONDS)
  const worstSeconds = Math.max(secondsBetween(facts.startedAt, facts.deadlineAt) ?? 0, SHORTEST_BILL_SECONDS)
  return {
    price_per_hour_usd: quote.pricePerHourUsd,
    price_source: quote.source,
    billed_seconds: seconds,
    machine_usd: (quote.pricePerHourUsd * seconds) / 3600,
    worst_case_usd: (quote.pricePerHourUsd * worstSeconds) / 3600,
    work_per_usd: throughput === null ? null : (throughput * 3600) / quote.pricePerHourUsd,
    complete: termination.state === 'confirmed',
  }
}
