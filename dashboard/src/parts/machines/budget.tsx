/** What machines may cost, where the tenant has a cap. */
import { useQuery } from '@tanstack/react-query'
import type { BudgetPeriod } from '../../../../src/contract/schemas/budget.ts'
import { formatCap } from '../../../../src/core/format.ts'
import { budgetQuery } from '../../api/queries.ts'
import { type Column, Table } from '../table.tsx'
import { ExactTime } from '../time.tsx'

type Row = BudgetPeriod & { name: string }

const COLUMNS: readonly Column<Row>[] = [
  { heading: 'Period', show: ({ name }) => name },
  { heading: 'Limit', isNumber: true, show: ({ limit_usd }) => formatCap(limit_usd) },
  { heading: 'Spent', isNumber: true, show: ({ spent_usd }) => formatCap(spent_usd) },
  { heading: 'Reserved', isNumber: true, show: ({ reserved_usd }) => formatCap(reserved_usd) },
  { heading: 'Left', isNumber: true, show: ({ left_usd }) => formatCap(left_usd) },
  { heading: 'Resets', isMinor: true, show: ({ resets_at }) => <ExactTime at={resets_at} /> },
]

/** Nothing without a cap. */
export function BudgetTable() {
  const { data: budget } = useQuery(budgetQuery)
  if (!budget || (budget.day.limit_usd === null && budget.month.limit_usd === null)) return null
  const rows = [
    { name: 'Today (UTC)', ...budget.day },
    { name: 'This month', ...budget.month },
  ]
  return (
    <>
      <h2>Budget</h2>
      <Table label="Budget" columns={COLUMNS} keyOf={({ name }) => name} items={rows} />
      <p className="dim">Reserved: the worst case of runs whose machines may still cost money.</p>
    </>
  )
}
