/** Tells a dry run whether the budget has room. A run is told by the control plane, when it is registered. */
import { findBudgetRefusal } from '../contract/budget-refusal.ts'
import { isRadixError } from '../errors/radix-error.ts'
import { errorFinding, type Finding } from '../providers/provider.ts'
import type { StepContext } from './step.ts'
import { quotePlacements } from './steps/preflight.ts'
import { worstCaseUsd } from './steps/register-run.ts'

type Context = Pick<StepContext, 'config' | 'provider' | 'signal' | 'call'>

export async function checkBudget({ config, provider, signal, call }: Context): Promise<Finding[]> {
  if (!provider.launchesMachines) return []
  const [budget, { quote }] = await Promise.all([readBudget(call), quotePlacements({ provider, signal })])
  if (!budget) return []
  const refusal = findBudgetRefusal(budget, {
    provider: config.provider,
    parameters: { ttl_minutes: config.ttlMinutes },
    worst_case_cost_usd: worstCaseUsd(quote, config.ttlMinutes),
  })
  return refusal ? [errorFinding(refusal)] : []
}

/** An earlier control plane has no budgets. */
async function readBudget(call: Context['call']) {
  return call('getBudget', {}).catch((error: unknown) => {
    if (isRadixError(error, 'ROUTE_NOT_FOUND')) return undefined
    throw error
  })
}
