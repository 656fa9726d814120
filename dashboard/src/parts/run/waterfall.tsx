/** The steps of a run as bars on one time axis, growing while it goes. */
import type { Run, RunStep } from '../../../../src/contract/schemas/run.ts'
import { formatSeconds } from '../format.ts'
import { formatExactTime, useNow } from '../time.tsx'

export function Waterfall({ run }: { run: Run }) {
  const now = useNow()
  const startMs = Date.parse(run.created_at)
  const endMs = run.ended_at === null ? Math.max(now, startMs + 1000) : Date.parse(run.ended_at)
  if (run.steps.length === 0) {
    return <p className="dim">{run.ended_at === null ? 'It waits to be taken up.' : 'It reported no steps.'}</p>
  }
  const axis = { startMs, endMs: Math.max(endMs, ...run.steps.map((step) => endOf(step, endMs))) }
  return (
    <ol className="waterfall">
      {run.steps.map((step) => (
        <Row key={step.name} step={step} axis={axis} hasEnded={run.ended_at !== null} />
      ))}
    </ol>
  )
}

interface Axis {
  startMs: number
  endMs: number
}

function endOf({ finished_at }: RunStep, otherwiseMs: number): number {
  return finished_at === null ? otherwiseMs : Date.parse(finished_at)
}

function Row({ step, axis, hasEnded }: { step: RunStep; axis: Axis; hasEnded: boolean }) {
  const { name, status, started_at, message } = step
  // The last step ends the run: nothing is reported after that.
  const shown = hasEnded && status === 'running' ? 'ended' : status
  const lengthMs = axis.endMs - axis.startMs
  const from = started_at === null ? null : Date.parse(started_at)
  const to = from === null ? null : Math.max(from, endOf(step, axis.endMs))
  return (
    <li className={`step ${shown}`}>
      <span className="name">{name}</span>
      <span className="state">{shown}</span>
      <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
        {from !== null && to !== null && (
          <rect
            x={((from - axis.startMs) / lengthMs) * 100}
            width={Math.max(0.4, ((to - from) / lengthMs) * 100)}
            height="10"
          />
        )}
      </svg>
      <span className="number" title={started_at === null ? undefined : `began ${formatExactTime(started_at)}`}>
        {from === null || to === null ? '–' : formatSeconds((to - from) / 1000)}
      </span>
      {message && <span className="message dim">{message}</span>}
    </li>
  )
}
