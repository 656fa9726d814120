/** `radix budget show` */
import type { Budget, BudgetPeriod } from '../../contract/schemas/budget.ts'
import { connect } from '../shared/connection.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { print, printJson, renderTable } from '../shared/output.ts'
import { shortenTime } from '../shared/table.ts'

export interface BudgetOptions extends ConnectionOptions {
  json?: boolean
}

const COLUMNS = ['PERIOD', 'LIMIT', 'SPENT', 'RESERVED', 'LEFT', { heading: 'RESETS', shorten: shortenTime }]

export async function showBudget(options: BudgetOptions): Promise<void> {
  const client = await connect(options)
  printBudget(await client.call('getBudget', {}), options)
}

export function printBudget(budget: Budget, { json }: BudgetOptions): void {
  if (json) printJson(budget)
  else print(renderTable(COLUMNS, [rowOf('day', budget.day), rowOf('month', budget.month)]))
}

function rowOf(name: string, { limit_usd, spent_usd, reserved_usd, left_usd, resets_at }: BudgetPeriod): string[] {
  return [name, ...[limit_usd, spent_usd, reserved_usd, left_usd].map(formatAmount), resets_at]
}

/** What is left is below zero where the cap was lowered after the money was spent. */
export function formatAmount(usd: number | null): string {
  return usd === null ? 'no limit' : `${usd < 0 ? '-' : ''}$${Math.abs(usd).toFixed(2)}`
}
