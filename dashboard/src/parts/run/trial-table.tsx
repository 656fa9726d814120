/** The trials of a run beside one another, each where it lies on one axis, with the interval of their mean behind. */
import type { Evidence, Trial } from '../../../../src/contract/schemas/evidence.ts'
import { clipInterval, formatSeconds, formatThroughput } from '../format.ts'
import { Figure } from './throughput.tsx'

interface TrialTableProps {
  trials: readonly Trial[]
  summary: Evidence['results']['throughput']
  /** Whether the numbers may be used. */
  verdict: Evidence['verdict']['level']
}

export function TrialTable({ trials, summary, verdict }: TrialTableProps) {
  const values = trials.flatMap(({ result }) => (result ? [result.throughput.value] : []))
  const interval = summary?.confidence_interval_95 && clipInterval(summary.confidence_interval_95)
  const ends = [...values, ...(interval ? [interval.low, interval.high] : [])]
  const axis = { low: Math.min(...ends), high: Math.max(...ends) }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must scroll by keyboard, too
    <section className="table" aria-label="Results of the trials" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Trial</th>
            <th scope="col" className="number">
              Throughput
            </th>
            <th scope="col">Within interval</th>
            <th scope="col" className="number">
              Median step
            </th>
            <th scope="col" className="number">
              p99 step
            </th>
            <th scope="col" className="number">
              Timed
            </th>
            <th scope="col">Device</th>
          </tr>
        </thead>
        <tbody>
          {trials.map((trial) => (
            <Row key={trial.trial} trial={trial} axis={axis} interval={interval} verdict={verdict} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

interface RowProps {
  trial: Trial
  axis: { low: number; high: number }
  interval: { low: number; high: number } | null | undefined
  verdict: TrialTableProps['verdict']
}

function Row({ trial: { trial, result, error, job_status }, axis, interval, verdict }: RowProps) {
  if (!result) {
    return (
      <tr>
        <td data-heading="Trial">{trial}</td>
        <td colSpan={6}>
          {job_status}: {error?.message ?? 'no result'} {error?.code && <code>{error.code}</code>}
        </td>
      </tr>
    )
  }
  const milliseconds = (seconds: number | undefined) =>
    seconds === undefined ? '–' : `${(seconds * 1000).toFixed(1)} ms`
  return (
    <tr>
      <td data-heading="Trial">{trial}</td>
      <td data-heading="Throughput" className="number">
        <Figure text={formatThroughput(result.throughput)} verdict={verdict} />
      </td>
      <td data-heading="Within interval">
        <Dot value={result.throughput.value} axis={axis} interval={interval} />
      </td>
      <td data-heading="Median step" className="number">
        {milliseconds(result.step_seconds?.median)}
      </td>
      <td data-heading="p99 step" className="number">
        {milliseconds(result.step_seconds?.p99)}
      </td>
      <td data-heading="Timed" className="number">
        {formatSeconds(result.timed_seconds)}
      </td>
      <td data-heading="Device">{result.device.name}</td>
    </tr>
  )
}

const WIDTH = 120
const EDGE = 6

function Dot({ value, axis, interval }: { value: number } & Pick<RowProps, 'axis' | 'interval'>) {
  if (!interval) return <span className="dim">needs several trials</span>
  const span = axis.high - axis.low || 1
  const xOf = (each: number) => EDGE + ((each - axis.low) / span) * (WIDTH - 2 * EDGE)
  const isInside = value >= interval.low && value <= interval.high
  return (
    <svg
      className="dot"
      viewBox={`0 0 ${WIDTH} 16`}
      width={WIDTH}
      height="16"
      role="img"
      aria-label={isInside ? 'inside' : 'outside'}
    >
      <rect x={xOf(interval.low)} width={xOf(interval.high) - xOf(interval.low)} y="3" height="10" rx="3" />
      <circle cx={xOf(value)} cy="8" r="4" />
    </svg>
  )
}
