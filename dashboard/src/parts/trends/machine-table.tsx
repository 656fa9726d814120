/** What each kind of machine delivers, and what a dollar buys there. */
import { useMemo } from 'react'
import type { TrendSeries } from '../../../../src/contract/schemas/comparison.ts'
import { formatAmount, nameWorkPerDollar, workUnitOf } from '../../../../src/core/format.ts'
import { Bar } from '../bar.tsx'
import { formatNumber, formatSpread, formatThroughput } from '../format.ts'
import { type Column, Table } from '../table.tsx'
import { describeConditions, nameMachine } from './describe-series.ts'

/** Series of one workload. */
export function MachineTable({ label, series }: { label: string; series: readonly TrendSeries[] }) {
  const conditions = new Set(series.map(describeConditions))
  const hasConditions = conditions.size > 1
  const sorted = useMemo(() => series.toSorted((a, b) => b.throughput.mean - a.throughput.mean), [series])
  const columns = useMemo(() => columnsOf(series, hasConditions), [series, hasConditions])
  return (
    <>
      {!hasConditions && <p className="dim">All: {conditions.values().next().value}.</p>}
      <Table label={label} columns={columns} keyOf={({ series_id }) => series_id} items={sorted} />
    </>
  )
}

const RECIPE: Column<TrendSeries> = {
  heading: 'Recipe',
  sortBy: ({ recipe }) => recipe,
  show: ({ recipe }) => recipe ?? '–',
}

/** `hasConditions`: where they are not the same for all. */
function columnsOf(all: readonly TrendSeries[], hasConditions: boolean): Column<TrendSeries>[] {
  const largestMean = Math.max(...all.map((each) => each.throughput.mean))
  const unit = all[0]?.throughput.unit ?? ''
  const perDollar = nameWorkPerDollar(unit)
  const hasRecipes = all.some(({ recipe }) => recipe !== null)
  const mostWork = Math.max(...all.map((each) => each.work_per_usd ?? 0))
  return [
    {
      heading: 'Machine',
      sortBy: nameMachine,
      show: (series) => (
        <>
          <strong title={nameMachine(series)}>{nameMachine(series)}</strong>
          <span className="second dim">
            {[series.instance_type !== null && series.device_name, hasConditions && describeConditions(series)]
              .filter(Boolean)
              .join('; ')}
          </span>
        </>
      ),
    },
    ...(hasRecipes ? [RECIPE] : []),
    {
      heading: 'Runs',
      isNumber: true,
      sortBy: ({ run_count }) => run_count,
      show: ({ run_count }) => formatNumber(run_count),
    },
    {
      heading: 'Throughput',
      isNumber: true,
      sortBy: (series) => series.throughput.mean,
      show: (series) => (
        <>
          {formatThroughput({ value: series.throughput.mean, unit })}
          <span className="second dim" title="Half-width of the 95 % interval of the mean over runs">
            {describeSpread(series)}
          </span>
        </>
      ),
    },
    {
      heading: 'Throughput, as a bar',
      isDrawn: true,
      show: (series) => <Bar value={series.throughput.mean} largest={largestMean} />,
    },
    {
      heading: perDollar,
      isNumber: true,
      sortBy: (series) => series.work_per_usd,
      show: ({ work_per_usd: work }) =>
        work === null ? <span className="dim">no price</span> : formatAmount(work, workUnitOf(unit)),
    },
    {
      heading: `${perDollar}, as a bar`,
      isDrawn: true,
      show: ({ work_per_usd: work }) => work !== null && <Bar value={work} largest={mostWork} />,
    },
  ]
}

/** Two runs give an interval, and a very wide one. */
const LEAST_RUNS = 3

/** Between runs: machines of one type differ, which no interval of a single run shows. */
function describeSpread({ points, throughput: { unit, mean, low, high } }: TrendSeries): string {
  if (low === null || high === null) return 'one run'
  if (points.length < LEAST_RUNS) return `${points.length} run${points.length === 1 ? '' : 's'}`
  return `${formatSpread({ value: mean, unit }, { low, high })} between runs`
}
