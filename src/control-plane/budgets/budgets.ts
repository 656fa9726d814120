/**
 * The hard cap of a tenant per day and month (UTC). A run reserves its worst case when it is registered, before anything
 * is launched. Once its machine is terminated, only what it cost counts. A run counts in the period of its registration.
 */
import { sql } from 'kysely'
import type { z } from 'zod'
import { type BudgetedRun, costsNothing, findBudgetRefusal, roundUsd } from '../../contract/budget-refusal.ts'
import type { Budget, BudgetPeriod, SetBudgetBody } from '../../contract/schemas/budget.ts'
import { API_LIMITS } from '../../core/limits/api.ts'
import type { Connection, Database } from '../store/database.ts'
import { holdLock, IN_FINAL_RUN_STATES } from '../store/statements.ts'

export async function getBudget(connection: Connection, tenantId: string): Promise<Budget> {
  const { rows } = await sql<Row>`
    with starts as (select date_trunc('day', now(), 'UTC') as day, date_trunc('month', now(), 'UTC') as month),
    charges as (
      select created_at, is_released, least(greatest(case
        when not is_released then worst_case_cost_usd
        when is_open then greatest(machine_usd, worst_case_cost_usd)
        when machine_usd is not null then machine_usd
        when machine <> 'null'::jsonb then worst_case_cost_usd end, 0), ${API_LIMITS.amountOfMoney.value}) as usd
      from (
        select runs.created_at, runs.machine, runs.worst_case_cost_usd, measurements.machine_usd,
          runs.status in ${IN_FINAL_RUN_STATES} as is_released,
          -- The machine was not terminated yet, and went on costing money.
          run_evidence.document->'cost'->>'complete' = 'false' as is_open
        from runs left join measurements using (tenant_id, run_id) left join run_evidence using (tenant_id, run_id)
        where runs.tenant_id = ${tenantId} and runs.created_at >= (select month from starts)
      ) as run
    )
    select
      (select per_day_usd from budgets where tenant_id = ${tenantId}) as day_limit,
      (select per_month_usd from budgets where tenant_id = ${tenantId}) as month_limit,
      coalesce(sum(usd) filter (where is_released and created_at >= day), 0) as day_spent,
      coalesce(sum(usd) filter (where not is_released and created_at >= day), 0) as day_reserved,
      coalesce(sum(usd) filter (where is_released), 0) as month_spent,
      coalesce(sum(usd) filter (where not is_released), 0) as month_reserved,
      max(day) + interval '1 day' as day_end,
      date_trunc('month', now(), 'UTC') + interval '1 month' as month_end
    from starts left join charges on true`.execute(connection)
  const [row] = rows
  if (!row) throw new RangeError('an aggregate without a row')
  return {
    day: toPeriod(row.day_limit, row.day_spent, row.day_reserved, row.day_end),
    month: toPeriod(row.month_limit, row.month_spent, row.month_reserved, row.month_end),
  }
}

export async function setBudget(
  db: Database,
  tenantId: string,
  { per_day_usd, per_month_usd }: z.output<typeof SetBudgetBody>,
): Promise<Budget> {
  const values = { per_day_usd, per_month_usd }
  await db
    .insertInto('budgets')
    .values({ tenant_id: tenantId, ...values })
    .onConflict((conflict) => conflict.column('tenant_id').doUpdateSet({ ...values, set_at: sql<Date>`now()` }))
    .execute()
  return getBudget(db, tenantId)
}

/** Until the transaction of `trx` ends, no other run of the tenant that costs something can be registered. */
export async function lockBudget(trx: Connection, tenantId: string, run: BudgetedRun): Promise<void> {
  if (!costsNothing(run)) await holdLock(trx, `budget ${tenantId}`)
}

/**
 * Throws `BUDGET_EXCEEDED` or `BUDGET_PRICE_UNKNOWN` for a run that must not be registered. The budget must be locked
 * (`lockBudget`), and the run must not be registered yet: it would count twice.
 */
export async function requireBudget(trx: Connection, tenantId: string, run: BudgetedRun): Promise<void> {
  // Most tenants have no cap, and adding up their runs of a month takes a while.
  if (costsNothing(run) || !(await hasCap(trx, tenantId))) return
  const refusal = findBudgetRefusal(await getBudget(trx, tenantId), run)
  if (refusal) throw refusal
}

async function hasCap(trx: Connection, tenantId: string): Promise<boolean> {
  const caps = trx.selectFrom('budgets').select(['per_day_usd', 'per_month_usd']).where('tenant_id', '=', tenantId)
  const { per_day_usd = null, per_month_usd = null } = (await caps.executeTakeFirst()) ?? {}
  return per_day_usd !== null || per_month_usd !== null
}

interface Row {
  day_limit: number | null
  day_spent: number
  day_reserved: number
  day_end: Date
  month_limit: number | null
  month_spent: number
  month_reserved: number
  month_end: Date
}

function toPeriod(limit: number | null, spent: number, reserved: number, end: Date): BudgetPeriod {
  return {
    limit_usd: limit,
    spent_usd: spent,
    reserved_usd: reserved,
    left_usd: limit === null ? null : roundUsd(limit - spent - reserved),
    resets_at: end.toISOString(),
  }
}
