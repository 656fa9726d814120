/** The budget of a tenant: a hard cap on what its machines may cost. US dollars; days and months in UTC. */
import { z } from 'zod'
import { Timestamp, Usd } from './common.ts'

/** Null: no cap. */
export const SetBudgetBody = z.object({ per_day_usd: Usd.nullable(), per_month_usd: Usd.nullable() })

export const BudgetPeriod = z
  .object({
    limit_usd: z.number().nullable(),
    spent_usd: z.number().describe('by runs whose machines are terminated'),
    reserved_usd: z.number().describe('the worst case of runs whose machines may still cost money'),
    left_usd: z.number().nullable().describe('null without a limit'),
    resets_at: Timestamp,
  })
  .meta({ id: 'BudgetPeriod' })
export type BudgetPeriod = z.infer<typeof BudgetPeriod>

export const Budget = z.object({ day: BudgetPeriod, month: BudgetPeriod }).meta({ id: 'Budget' })
export type Budget = z.infer<typeof Budget>
