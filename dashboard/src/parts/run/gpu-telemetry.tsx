/** What the GPUs did while it was timed, as the evidence has it: least, mean and most. */
import type { ReactNode } from 'react'
import type { Evidence, GpuTelemetry } from '../../api/evidence.ts'
import { formatNumber, formatSeconds } from '../format.ts'

const GIB = 1024 ** 3

type Range = GpuTelemetry['power_watts']
interface Column {
  heading: string
  unit: string
  read: (telemetry: GpuTelemetry) => Range
  decimals?: number
  divisor?: number
}

const COLUMNS: readonly Column[] = [
  { heading: 'Utilisation', unit: '%', read: ({ utilization_percent }) => utilization_percent },
  {
    heading: 'Memory used',
    unit: 'GiB',
    read: ({ memory_used_bytes }) => memory_used_bytes,
    decimals: 1,
    divisor: GIB,
  },
  { heading: 'Power', unit: 'W', read: ({ power_watts }) => power_watts },
  { heading: 'Temperature', unit: '°C', read: ({ temperature_celsius }) => temperature_celsius },
  { heading: 'SM clock', unit: 'MHz', read: ({ clock_sm_mhz }) => clock_sm_mhz },
  { heading: 'Memory clock', unit: 'MHz', read: ({ clock_memory_mhz }) => clock_memory_mhz },
]

export function GpuTelemetryTable({ evidence: { gpu_telemetry: gpus, environment } }: { evidence: Evidence }) {
  const [first] = gpus
  if (!first) return null
  // They are listed in the order of their numbers.
  const nameOf = (uuid: string) => {
    const index = environment.gpus.findIndex((gpu) => gpu.uuid === uuid)
    return index < 0 ? 'GPU' : `GPU ${index}: ${environment.gpus[index]?.name ?? 'no name'}`
  }
  return (
    <>
      <h3>GPU telemetry of {first.window === 'timed' ? 'the timed window' : 'the whole run'}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must scroll by keyboard, too */}
      <section className="table" aria-label="GPU telemetry" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">GPU</th>
              {COLUMNS.map(({ heading }) => (
                <th key={heading} scope="col" className="number">
                  {heading}
                </th>
              ))}
              <th scope="col">Throttling</th>
            </tr>
          </thead>
          <tbody>
            {gpus.map((gpu) => (
              <Row key={gpu.gpu_uuid} gpu={gpu} name={nameOf(gpu.gpu_uuid)} />
            ))}
          </tbody>
        </table>
      </section>
      <p className="dim">
        Mean, minimum and maximum over {formatSeconds(first.covered_seconds)} of samples in a window of{' '}
        {formatSeconds(first.window_seconds)}.
      </p>
    </>
  )
}

function Row({ gpu, name }: { gpu: GpuTelemetry; name: string }) {
  return (
    <tr>
      <td data-heading="GPU">
        <div>
          {name}
          <code className="second dim">{gpu.gpu_uuid}</code>
          <Alarms gpu={gpu} />
        </div>
      </td>
      {COLUMNS.map((column) => (
        <td key={column.heading} data-heading={column.heading} className="number">
          <div>{showRange(column.read(gpu), column)}</div>
        </td>
      ))}
      <td data-heading="Throttling">
        <div>{describeThrottling(gpu)}</div>
      </td>
    </tr>
  )
}

function showRange(range: Range, { unit, decimals = 0, divisor = 1 }: Column): ReactNode {
  if (!range) return '–'
  const show = (value: number) => formatNumber(value / divisor, decimals)
  return (
    <>
      {show(range.mean)} {unit}
      <span className="second dim">
        {show(range.minimum)} to {show(range.maximum)}
      </span>
    </>
  )
}

function describeThrottling({ throttle_seconds: byReason }: GpuTelemetry): ReactNode {
  const held = Object.entries(byReason).filter(([, seconds]) => seconds > 0)
  if (held.length === 0) return <span className="dim">never</span>
  return held.map(([reason, seconds]) => (
    <span key={reason} className="line">
      <code>{reason}</code> {formatSeconds(seconds)}
    </span>
  ))
}

function Alarms({ gpu: { xids, ecc_uncorrected_errors: errors } }: { gpu: GpuTelemetry }) {
  return (
    <>
      {xids === null && <span className="second dim">driver errors unknown</span>}
      {xids && xids.length > 0 && <span className="second status bad">driver error Xid {xids.join(', ')}</span>}
      {errors !== null && errors.during > 0 && (
        <span className="second status bad">{errors.during} uncorrected memory errors</span>
      )}
    </>
  )
}
