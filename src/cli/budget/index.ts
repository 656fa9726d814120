/** `radix budget …` */
import { type Command, InvalidArgumentError } from 'commander'
import { SetBudgetBody } from '../../contract/schemas/budget.ts'
import { addConnectionOptions, numberOf } from '../shared/options.ts'

export function register(command: Command): void {
  addConnectionOptions(command.command('show').description('Show the budget, and what is spent, reserved and left'))
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./show.ts')).showBudget(options))

  addConnectionOptions(
    command
      .command('set')
      .description('Cap what machines may cost; a run that could cost more is refused before it launches anything'),
  )
    .option('--per-day <usd>', 'US dollars per day (UTC), or `none`', usdOrNone('per_day_usd'))
    .option('--per-month <usd>', 'US dollars per month (UTC), or `none`', usdOrNone('per_month_usd'))
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./set.ts')).setBudget(options))
}

/** `none` stays as it is: Commander takes no null from a parser. */
function usdOrNone(name: keyof typeof SetBudgetBody.shape): (text: string) => number | 'none' {
  const parse = numberOf(SetBudgetBody.shape[name].unwrap())
  return (text) => {
    if (text === 'none') return text
    try {
      return parse(text)
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error
      throw new InvalidArgumentError(`${error.message}, or none`)
    }
  }
}
