/** What the GPUs of a machine do while a job runs; loaded only where it is shown. */
import { useMemo } from 'react'
import type { Cluster } from '../../../../src/contract/schemas/cluster.ts'
import type { FeedState } from '../../api/job-feed.ts'
import { formatClock, formatNumber, formatSeconds } from '../format.ts'
import { nameGpu } from '../gpus.tsx'
import { seriesColour } from './colours.ts'
import { type GpuHistory, type Throttling, toGpuHistory } from './gpu-history.ts'
import { LineChart } from './line-chart.tsx'

type Sample = FeedState['samples'][number]

interface Metric {
  label: string
  read: (sample: Sample) => number | null
  format: (value: number) => string
  atLeast: number
}

const GIB = 1024 ** 3

const METRICS: readonly Metric[] = [
  metric('Utilisation', 'utilization_percent', '%', 100),
  {
    label: 'Memory used',
    read: ({ memory_used_bytes: bytes }) => (bytes === null ? null : bytes / GIB),
    format: (value) => `${formatNumber(value, 1)} GiB`,
    atLeast: 4,
  },
  metric('Power', 'power_watts', 'W', 50),
  metric('Temperature', 'temperature_celsius', '°C', 60),
  metric('SM clock', 'clock_sm_mhz', 'MHz', 500),
  metric('Memory clock', 'clock_memory_mhz', 'MHz', 500),
]

type Member = {
  [key in keyof Sample]: Sample[key] extends number | null ? key : never
}[keyof Sample]

function metric(label: string, member: Member, unit: string, atLeast: number): Metric {
  return { label, read: (sample) => sample[member], format: (value) => `${formatNumber(value)} ${unit}`, atLeast }
}

interface GpuChartsProps {
  samples: FeedState['samples']
  cluster: Cluster | undefined
}

export function GpuCharts({ samples, cluster }: GpuChartsProps) {
  const history = useMemo(() => toGpuHistory(samples), [samples])
  const lines = useMemo(() => METRICS.map(({ read }) => history.valuesOf(read)), [history])
  return (
    <>
      {history.alarms.map((alarm) => (
        <p key={alarm} className="note bad" role="alert">
          <strong>{alarm}</strong> Do not use the numbers that it measured.
        </p>
      ))}
      {history.uuids.length > 1 && <Legend uuids={history.uuids} cluster={cluster} />}
      <div className="charts">
        {METRICS.map(({ label, format, atLeast }, index) => (
          <LineChart
            key={label}
            label={label}
            times={history.times}
            lines={lines[index] ?? []}
            format={format}
            atLeast={atLeast}
            pointerName="gpu"
          />
        ))}
      </div>
      <ThrottlingList history={history} />
    </>
  )
}

function Legend({ uuids, cluster }: { uuids: readonly string[]; cluster: Cluster | undefined }) {
  return (
    <ul className="legend">
      {uuids.map((uuid, index) => (
        <li key={uuid}>
          <svg viewBox="0 0 10 10" aria-hidden="true" className={seriesColour(index)}>
            <circle cx="5" cy="5" r="4" />
          </svg>
          <span title={uuid}>{nameGpu(cluster, uuid)}</span>
        </li>
      ))}
    </ul>
  )
}

function ThrottlingList({ history: { times, throttling } }: { history: GpuHistory }) {
  const end = (times.at(-1) ?? 0) + 1
  return (
    <section className="throttling" aria-label="Throttling">
      <h3>Throttling</h3>
      {throttling.length === 0 ? (
        <p className="dim">None in {formatSeconds(end)} of samples.</p>
      ) : (
        <ul>
          {throttling.map((each) => (
            <ThrottlingBar key={each.reason} throttling={each} end={end} />
          ))}
        </ul>
      )}
    </section>
  )
}

function ThrottlingBar({ throttling: { reason, seconds, spans }, end }: { throttling: Throttling; end: number }) {
  return (
    <li>
      <code>{reason}</code>
      <span className="number">{seconds} s</span>
      <svg viewBox={`0 0 ${end} 1`} preserveAspectRatio="none" aria-hidden="true">
        {spans.map(([from, to]) => (
          <rect key={from} x={from} width={to - from} height="1">
            <title>{`${formatClock(from)} to ${formatClock(to)}`}</title>
          </rect>
        ))}
      </svg>
    </li>
  )
}
