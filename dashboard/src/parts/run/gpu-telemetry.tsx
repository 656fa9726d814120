/** What the GPUs did while it was timed, as the evidence has it: least, mean and most. */
import { type ReactNode, useMemo } from 'react'
import type { Evidence, GpuTelemetry } from '../../../../src/contract/schemas/evidence.ts'
import { formatNumber, formatSeconds } from '../format.ts'
import { type Column, Table } from '../table.tsx'

const GIB = 1024 ** 3

type Range = GpuTelemetry['power_watts']
interface Measure {
  heading: string
  unit: string
  read: (telemetry: GpuTelemetry) => Range
  decimals?: number
  divisor?: number
}

const MEASURES: readonly Measure[] = [
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
  const columns = useMemo(() => columnsOf(environment), [environment])
  const [first] = gpus
  if (!first) return null
  return (
    <>
      <h3>GPU telemetry of {first.window === 'timed' ? 'the timed window' : 'the whole run'}</h3>
      <Table label="GPU telemetry" columns={columns} keyOf={({ gpu_uuid }) => gpu_uuid} items={gpus} />
      <p className="dim">
        Mean, minimum and maximum over {formatSeconds(first.covered_seconds)} of samples in a window of{' '}
        {formatSeconds(first.window_seconds)}.
      </p>
    </>
  )
}

function columnsOf({ gpus }: Evidence['environment']): Column<GpuTelemetry>[] {
  const indexOf = (uuid: string) => gpus.findIndex((gpu) => gpu.uuid === uuid)
  const nameOf = (index: number) => (index < 0 ? 'GPU' : `GPU ${index}: ${gpus[index]?.name ?? 'no name'}`)
  return [
    {
      heading: 'GPU',
      sortBy: ({ gpu_uuid }) => indexOf(gpu_uuid),
      show: (gpu) => (
        <>
          {nameOf(indexOf(gpu.gpu_uuid))}
          <code className="second dim">{gpu.gpu_uuid}</code>
          <Alarms gpu={gpu} />
        </>
      ),
    },
    ...MEASURES.map(
      (measure): Column<GpuTelemetry> => ({
        heading: measure.heading,
        isNumber: true,
        sortBy: (gpu) => measure.read(gpu)?.mean ?? null,
        show: (gpu) => showRange(measure.read(gpu), measure),
      }),
    ),
    { heading: 'Throttling', show: describeThrottling },
  ]
}

function showRange(range: Range, { unit, decimals = 0, divisor = 1 }: Measure): ReactNode {
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
