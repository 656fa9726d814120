/** Checks that the maximum cost of the run until its deadline is below the limit. */
import { RadixError } from '../../../errors/radix-error.ts'
import { errorFinding, type Finding } from '../../provider.ts'
import { quotePlacement } from '../prices.ts'
import type { CheckContext } from './check.ts'

export async function checkCost({ clients, settings, request, now }: CheckContext): Promise<Finding[]> {
  const { maxCostUsd } = settings
  if (maxCostUsd === undefined) return []
  const hours = (request.deadlineAt.getTime() - now.getTime()) / 3_600_000
  const findings: Finding[] = []
  for (const instanceType of settings.instanceTypes) {
    // A spot request may end as on-demand, so the limit applies to the dearer one.
    const placement = { region: settings.region, zone: null, instanceType, market: 'on-demand' as const }
    const quote = await quotePlacement(clients, placement, now)
    const worstCaseUsd = quote ? quote.pricePerHourUsd * hours : Number.POSITIVE_INFINITY
    if (worstCaseUsd <= maxCostUsd) continue
    const worst = quote ? worstCaseUsd.toFixed(2) : 'an unknown number of'
    const source = `${instanceType}: ${quote?.source ?? 'no price is known for it'}`
    const params = { worst_case_usd: worst, source, max_cost_usd: maxCostUsd }
    findings.push(errorFinding(new RadixError('COST_LIMIT', params)))
  }
  return findings
}
