/** The steps of a run as bars on one time axis, growing while it goes, with what each cost while its machine was billed. */
import type { Run, RunStep } from '../../../../src/contract/schemas/run.ts'
import { formatSeconds, formatUsd } from '../format.ts'
import { formatExactTime, useNow } from '../time.tsx'
import { describeStep, toneOf } from './steps.ts'

interface WaterfallProps {
  run: Run
  /** Of the machine; null where there is none, or its price is not known. */
  pricePerHourUsd: number | null
}

export function Waterfall({ run, pricePerHourUsd }: WaterfallProps) {
  const now = useNow()
  const startMs = Date.parse(run.created_at)
  const endMs = run.ended_at === null ? Math.max(now, startMs + 1000) : Date.parse(run.ended_at)
  if (run.steps.length === 0) {
    return <p className="dim">{run.ended_at === null ? 'Waiting for a worker.' : 'No steps were reported.'}</p>
  }
  const axis = { startMs, endMs: Math.max(endMs, ...run.steps.map((step) => endOf(step, endMs))) }
  const className = [
    'waterfall',
    ...(pricePerHourUsd === null ? [] : ['priced']),
    ...(run.steps.some(({ message }) => message) ? [] : ['silent']),
  ].join(' ')
  return (
    <ol className={className}>
      {run.steps.map((step) => (
        <Row
          key={step.name}
          step={step}
          axis={axis}
          runStatus={run.ended_at === null ? null : run.status}
          costUsd={pricePerHourUsd === null ? undefined : costOf(step, run.machine, pricePerHourUsd, axis.endMs)}
        />
      ))}
    </ol>
  )
}

const HOUR_MS = 3_600_000

interface Axis {
  startMs: number
  endMs: number
}

function endOf({ finished_at }: RunStep, otherwiseMs: number): number {
  return finished_at === null ? otherwiseMs : Date.parse(finished_at)
}

/** What the time in which both went on cost; null before the launch and after the end. */
function costOf(step: RunStep, machine: Run['machine'], pricePerHourUsd: number, endMs: number): number | null {
  if (!machine?.launched_at || step.started_at === null) return null
  const from = Math.max(Date.parse(step.started_at), Date.parse(machine.launched_at))
  const to = Math.min(endOf(step, endMs), machine.terminated_at === null ? endMs : Date.parse(machine.terminated_at))
  return to <= from ? null : ((to - from) / HOUR_MS) * pricePerHourUsd
}

interface RowProps {
  step: RunStep
  axis: Axis
  /** Null while it goes on. */
  runStatus: Run['status'] | null
  /** Undefined where nothing has a price. */
  costUsd: number | null | undefined
}

function Row({ step, axis, runStatus, costUsd }: RowProps) {
  const { name, started_at, message } = step
  const lengthMs = axis.endMs - axis.startMs
  const from = started_at === null ? null : Date.parse(started_at)
  const to = from === null ? null : Math.max(from, endOf(step, axis.endMs))
  return (
    <li className={`step ${toneOf(step, runStatus)}`}>
      <span className="name">{name}</span>
      <span className="state">{describeStep(step, runStatus)}</span>
      <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
        {from !== null && to !== null && (
          <rect
            x={((from - axis.startMs) / lengthMs) * 100}
            width={Math.max(0.4, ((to - from) / lengthMs) * 100)}
            height="10"
          />
        )}
      </svg>
      <span className="number" title={started_at === null ? undefined : `started ${formatExactTime(started_at)}`}>
        {from === null || to === null ? '–' : formatSeconds((to - from) / 1000)}
      </span>
      {costUsd !== undefined && (
        <span className="number dim" title="Machine cost during this step">
          {costUsd === null ? '' : formatUsd(costUsd)}
        </span>
      )}
      {message && <span className="message dim">{message}</span>}
    </li>
  )
}
