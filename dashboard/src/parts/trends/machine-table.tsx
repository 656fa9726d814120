/** What each kind of machine delivers, and what a dollar buys there. */
import { useMemo } from 'react'
import type { TrendSeries } from '../../../../src/contract/schemas/comparison.ts'
import { Bar } from '../bar.tsx'
import { formatNumber, formatSpread, formatThroughput } from '../format.ts'
import { type Column, Table } from '../table.tsx'
import { describeConditions, nameMachine } from './describe-series.ts'

export function MachineTable({ series }: { series: readonly TrendSeries[] }) {
  const conditions = new Set(series.map(describeConditions))
  const hasConditions = conditions.size > 1
  const sorted = useMemo(
    () => series.toSorted((a, b) => b.throughput_images_per_sec.mean - a.throughput_images_per_sec.mean),
    [series],
  )
  const columns = useMemo(() => columnsOf(series, hasConditions), [series, hasConditions])
  return (
    <>
      {!hasConditions && <p className="dim">All: {conditions.values().next().value}.</p>}
      <Table label="By machine type" columns={columns} keyOf={({ series_id }) => series_id} items={sorted} />
    </>
  )
}

/** `hasConditions`: where they are not the same for all. */
function columnsOf(all: readonly TrendSeries[], hasConditions: boolean): Column<TrendSeries>[] {
  const largestMean = Math.max(...all.map((each) => each.throughput_images_per_sec.mean))
  const mostImages = Math.max(...all.map((each) => each.images_per_usd ?? 0))
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
    { heading: 'Recipe', sortBy: ({ recipe }) => recipe, show: ({ recipe }) => recipe },
    {
      heading: 'Runs',
      isNumber: true,
      sortBy: ({ run_count }) => run_count,
      show: ({ run_count }) => formatNumber(run_count),
    },
    {
      heading: 'Throughput',
      isNumber: true,
      sortBy: (series) => series.throughput_images_per_sec.mean,
      show: (series) => (
        <>
          {formatThroughput(series.throughput_images_per_sec.mean)}
          <span className="second dim" title="Half-width of the 95 % interval of the mean over runs">
            {describeSpread(series)}
          </span>
        </>
      ),
    },
    {
      heading: 'Throughput, as a bar',
      isDrawn: true,
      show: (series) => <Bar value={series.throughput_images_per_sec.mean} largest={largestMean} />,
    },
    {
      heading: 'Images per dollar',
      isNumber: true,
      sortBy: (series) => series.images_per_usd,
      show: ({ images_per_usd: images }) =>
        images === null ? <span className="dim">no price</span> : formatNumber(images),
    },
    {
      heading: 'Images per dollar, as a bar',
      isDrawn: true,
      show: ({ images_per_usd: images }) => images !== null && <Bar value={images} largest={mostImages} />,
    },
  ]
}

/** Two runs give an interval, and a very wide one. */
const LEAST_RUNS = 3

/** Between runs: machines of one type differ, which no interval of a single run shows. */
function describeSpread({ points, throughput_images_per_sec: { mean, low, high } }: TrendSeries): string {
  if (low === null || high === null) return 'one run'
  if (points.length < LEAST_RUNS) return `${points.length} run${points.length === 1 ? '' : 's'}`
  return `${formatSpread(mean, { low, high })} between runs`
}
