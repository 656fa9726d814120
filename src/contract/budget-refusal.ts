/** Whether a budget has room for a run: decided by the control plane, and told in advance by a dry run. Pure. */
import { RadixError } from '../errors/radix-error.ts'
import type { Budget, BudgetPeriod } from './schemas/budget.ts'
import type { Run } from './schemas/run.ts'

/** Providers whose machines are billed. With a budget, a run there must know its price. */
const BILLED: readonly Run['provider'][] = ['ec2']
const PERIODS = ['day', 'month'] as const

export type BudgetedRun = Pick<Run, 'provider' | 'worst_case_cost_usd' | 'parameters'>

export function costsNothing({ provider, worst_case_cost_usd }: BudgetedRun): boolean {
  return worst_case_cost_usd === null && !BILLED.includes(provider)
}

/** `BUDGET_EXCEEDED` or `BUDGET_PRICE_UNKNOWN`; undefined if there is room. */
export function findBudgetRefusal(budget: Budget, run: BudgetedRun): RadixError | undefined {
  if (costsNothing(run)) return undefined
  const leftUsd = Math.min(...PERIODS.map((name) => budget[name].left_usd ?? Number.POSITIVE_INFINITY))
  for (const name of PERIODS) {
    const refusal = findRefusal(name, budget[name], run, leftUsd)
    if (refusal) return refusal
  }
  return undefined
}

/** To a millionth: sums of binary fractions differ from decimal ones below that. */
export function roundUsd(usd: number): number {
  return Math.round(usd * 1e6) / 1e6
}

/** `leftInAllUsd`: in the period that has the least left. */
function findRefusal(
  name: (typeof PERIODS)[number],
  period: BudgetPeriod,
  run: BudgetedRun,
  leftInAllUsd: number,
): RadixError | undefined {
  const { limit_usd: limit, left_usd: left, spent_usd, reserved_usd, resets_at } = period
  if (limit === null || left === null) return undefined
  const worst = run.worst_case_cost_usd
  if (worst === null) return new RadixError('BUDGET_PRICE_UNKNOWN', { period: name, limit_usd: toMoney(limit) })
  if (roundUsd(worst) <= roundUsd(left)) return undefined
  return new RadixError('BUDGET_EXCEEDED', {
    period: name,
    worst_case_usd: toMoney(worst),
    limit_usd: toMoney(limit),
    spent_usd: toMoney(spent_usd),
    reserved_usd: toMoney(reserved_usd),
    left_usd: toMoney(Math.max(0, left)),
    fits: describeFit(run, worst, leftInAllUsd),
    resets_at,
  })
}

/** The time limit with which the same machine would fit. */
function describeFit({ parameters }: BudgetedRun, worst: number, left: number): string {
  const minutes = Math.floor((Number(parameters.ttl_minutes) * left) / worst)
  return minutes >= 1 ? `This machine fits with \`--ttl-minutes ${minutes}\`. ` : ''
}

function toMoney(usd: number): string {
  return usd.toFixed(2)
}
