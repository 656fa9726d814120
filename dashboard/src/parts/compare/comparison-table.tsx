/** A column for each run, a row for each fact; the throughputs lie on one axis. */
import type { ReactNode } from 'react'
import type { ComparedRun, Comparison } from '../../../../src/contract/schemas/comparison.ts'
import { formatAmount, nameWorkPerDollar, workUnitOf } from '../../../../src/core/format.ts'
import { withUnit } from '../facts.tsx'
import { formatInterval, formatNumber, formatSeconds, formatThroughput } from '../format.ts'
import { axisOf, IntervalPlot, type PlotAxis } from '../interval-plot.tsx'
import { Figure } from '../run/throughput.tsx'
import { Status } from '../status.tsx'
import { ExactTime } from '../time.tsx'

export function ComparisonTable({ comparison: { runs } }: { comparison: Comparison }) {
  const axis = axisOf(
    runs.map((run) => run.throughput.mean),
    runs.map((run) => run.throughput.confidence_interval_95),
  )
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must scroll by keyboard, too
    <section className="table side-by-side" aria-label="Side by side" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <td />
            {runs.map(({ label, measurement }) => (
              <th key={label} scope="col">
                {label}
                <span className="second dim">
                  {measurement.instance_type ?? measurement.device.name}, <ExactTime at={measurement.measured_at} />
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rowsOf(runs, axis).map(([name, show]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {runs.map((run) => (
                <td key={run.label} data-heading={run.label}>
                  <div>{show(run)}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

type FactRow = readonly [name: string, show: (run: ComparedRun) => ReactNode]

function rowsOf(runs: readonly ComparedRun[], axis: PlotAxis): FactRow[] {
  const unit = runs[0]?.throughput.unit ?? ''
  const parameters = Object.keys(runs[0]?.measurement.parameters ?? {})
  return [
    [
      'Throughput',
      ({ throughput: { mean, unit }, verdict }) => (
        <strong>
          <Figure text={formatThroughput({ value: mean, unit })} verdict={verdict.level} />
        </strong>
      ),
    ],
    ['95 % interval', (run) => <ThroughputInterval run={run} axis={axis} />],
    [nameWorkPerDollar(unit), ({ work_per_usd: work }) => (work === null ? '–' : formatAmount(work, workUnitOf(unit)))],
    ['Price', ({ price_per_hour_usd: usd }) => (usd === null ? '–' : `$${usd.toFixed(3)} per hour`)],
    ['Duration', ({ duration_seconds: seconds }) => formatSeconds(seconds)],
    ['Verdict', ({ verdict }) => <VerdictCell verdict={verdict} />],
    ['Instance type', ({ measurement }) => measurement.instance_type ?? '–'],
    ['Device', ({ measurement }) => measurement.device.name],
    ['Measured', ({ measurement }) => <ExactTime at={measurement.measured_at} />],
    [
      'Workload',
      ({ measurement: { workload, recipe } }) =>
        [`${workload.name} ${workload.version}`, recipe].filter(Boolean).join(', '),
    ],
    ...parameters.map(
      (name): FactRow => [
        name.replaceAll('_', ' '),
        ({ measurement }) => withUnit(name, showParameter(measurement.parameters[name])),
      ],
    ),
  ]
}

function showParameter(value: number | string | undefined): string {
  return typeof value === 'number' ? formatNumber(value) : (value ?? '–')
}

function ThroughputInterval({ run: { throughput: summary }, axis }: { run: ComparedRun; axis: PlotAxis }) {
  const { confidence_interval_95: interval, mean, unit, n } = summary
  const words = interval ? `${formatInterval({ value: mean, unit }, interval)} (${n} trials)` : 'none (one trial)'
  return (
    <>
      <IntervalPlot value={mean} interval={interval} axis={axis} label={words} />
      <span className="second dim">{words}</span>
    </>
  )
}

function VerdictCell({ verdict: { level, reasons } }: Pick<ComparedRun, 'verdict'>) {
  const doubts = reasons.filter((reason) => reason.level !== 'note')
  return (
    <>
      <Status status={level} />
      {doubts.map(({ code, message }) => (
        <span key={code} className="second dim">
          {message}
        </span>
      ))}
    </>
  )
}
