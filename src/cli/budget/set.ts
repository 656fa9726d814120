/** `radix budget set` */
import type { BudgetPeriod } from '../../contract/schemas/budget.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { connect } from '../shared/connection.ts'
import { type BudgetOptions, printBudget } from './show.ts'

type Cap = number | 'none'

interface SetOptions extends BudgetOptions {
  perDay?: Cap
  perMonth?: Cap
}

/** The cap that is not named stays. */
export async function setBudget(options: SetOptions): Promise<void> {
  const { perDay, perMonth } = options
  if (perDay === undefined && perMonth === undefined) {
    const message = 'Name a cap: --per-day USD, --per-month USD, or both.'
    throw new RadixError('USAGE', { message, help_command: 'radix budget set --help' })
  }
  const client = await connect(options)
  const { day, month } = await client.call('getBudget', {})
  const body = {
    per_day_usd: toLimit(perDay, day),
    per_month_usd: toLimit(perMonth, month),
  }
  printBudget(await client.call('setBudget', { body }), options)
}

function toLimit(cap: Cap | undefined, { limit_usd }: BudgetPeriod): number | null {
  if (cap === undefined) return limit_usd
  return cap === 'none' ? null : cap
}
