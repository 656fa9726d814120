/** One series: its latest number against the ones before, its chart, and the runs behind it. */
import { Link } from '@tanstack/react-router'
import { lazy, Suspense, useMemo, useState } from 'react'
import type { TrendPoint, TrendSeries } from '../../../../src/contract/schemas/comparison.ts'
import { quantile } from '../../../../src/core/statistics.ts'
import { loadChunk } from '../chunks.ts'
import { formatChange, formatNumber, formatThroughput, shortId } from '../format.ts'
import { writePicked } from '../run/picked.ts'
import { Figure, Throughput } from '../run/throughput.tsx'
import { Status } from '../status.tsx'
import { type Column, Table } from '../table.tsx'
import { ExactTime } from '../time.tsx'
import { WhenVisible } from '../when-visible.tsx'
import { describeConditions, nameMachine } from './describe-series.ts'

const TrendChart = lazy(() => loadChunk(async () => ({ default: (await import('./trend-chart.tsx')).TrendChart })))

const PLACE = <div className="chart trend" />

export function SeriesCard({ series }: { series: TrendSeries }) {
  const { points, run_count } = series
  const { unit } = series.throughput
  const what = series.recipe ?? series.workload.name
  const name = `${nameMachine(series)}, ${what}`
  const [isOpen, setOpen] = useState(false)
  const latest = points.at(-1)
  const before = points.at(-2)
  return (
    <section className="card" aria-label={name}>
      <h3>
        {nameMachine(series)} <span className="dim">{what}</span>
      </h3>
      <p className="dim conditions">
        {series.device_name}; {describeConditions(series)}
      </p>
      {latest && (
        <p className="latest">
          <strong>
            <Figure text={formatThroughput({ value: latest.throughput, unit })} verdict={latest.verdict} />
          </strong>{' '}
          {describeStep(latest, points.slice(0, -1))}
        </p>
      )}
      <WhenVisible fallback={PLACE}>
        <Suspense fallback={PLACE}>
          <TrendChart name={name} points={points} unit={unit} />
        </Suspense>
      </WhenVisible>
      <p className="links">
        {latest && before && (
          <Link to="/compare" search={{ runs: writePicked([before.run_id, latest.run_id]) }}>
            Compare the last two
          </Link>
        )}
      </p>
      <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>
          {run_count === points.length
            ? `${run_count} run${run_count === 1 ? '' : 's'}`
            : `The last ${points.length} of ${formatNumber(run_count)} runs`}
        </summary>
        {isOpen && <PointTable name={name} points={points} unit={unit} />}
      </details>
    </section>
  )
}

/** As much as a gate takes for a change that matters, where it is not told otherwise: docs/COMPARE.md. */
const NOTABLE = 0.05

/** Against the median of all that came before: one odd run does not hide a fall, and neither does a second slow one. */
function describeStep(latest: TrendPoint, earlier: readonly TrendPoint[]) {
  if (earlier.length === 0) return <span className="dim">first run</span>
  const usual = quantile(
    earlier.map((point) => point.throughput),
    0.5,
  )
  const change = latest.throughput / usual - 1
  const tone = Math.abs(change) < NOTABLE ? 'dim' : `status ${change < 0 ? 'bad' : 'good'}`
  const what = earlier.length === 1 ? 'the previous run' : `the median of the ${earlier.length} previous runs`
  return (
    <span className={tone}>
      {formatChange(change)} compared with {what}
    </span>
  )
}

function PointTable({ name, points, unit }: { name: string; points: readonly TrendPoint[]; unit: string }) {
  const columns = useMemo(() => columnsOf(unit), [unit])
  const newestFirst = useMemo(() => points.toReversed(), [points])
  return (
    <Table
      label={`Runs of ${name}`}
      columns={columns}
      keyOf={({ run_id }) => run_id}
      items={newestFirst}
      className="points"
    />
  )
}

const columnsOf = (unit: string): readonly Column<TrendPoint>[] => [
  { heading: 'Measured', sortBy: (point) => point.measured_at, show: (point) => <ExactTime at={point.measured_at} /> },
  {
    heading: 'Run',
    show: ({ run_id }) => (
      <Link to="/runs/$runId" params={{ runId: run_id }}>
        {shortId(run_id)}
      </Link>
    ),
  },
  {
    heading: 'Throughput',
    isNumber: true,
    sortBy: (point) => point.throughput,
    show: ({ throughput: value, interval, verdict }) => (
      <Throughput rate={{ value, unit }} interval={interval} verdict={verdict} />
    ),
  },
  { heading: 'Verdict', sortBy: ({ verdict }) => verdict, show: ({ verdict }) => <Status status={verdict} /> },
]
