/** `radix budget show` */
import type { Budget, BudgetPeriod } from '../../contract/schemas/budget.ts'
import { formatCap } from '../../core/format.ts'
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
  return [name, ...[limit_usd, spent_usd, reserved_usd, left_usd].map(formatCap), resets_at]
}
