/** How far a job is, in a bar and in words. */
import type { JobSummary } from '../../../../src/contract/schemas/job.ts'
import type { WorkloadProgress } from '../../../../src/contract/schemas/workload.ts'
import { formatNumber, formatSeconds, formatThroughput } from '../format.ts'

interface ProgressBarProps {
  job: JobSummary
  progress: WorkloadProgress | null
}

export function ProgressBar({ job, progress }: ProgressBarProps) {
  const { step, total_steps: total } = progress ?? { step: null, total_steps: null }
  const isDone = job.status === 'succeeded'
  const share = isDone ? 1 : step !== null && total ? step / total : 0
  return (
    <div className="progress">
      <progress max={1} value={share} aria-label="Progress" />
      <p>
        <span>{describePhase(job, progress)}</span>
        {step !== null && total !== null && (
          <span>
            step {formatNumber(step)} of {formatNumber(total)}
          </span>
        )}
        {progress?.throughput != null && <span>{formatThroughput(progress.throughput)}</span>}
        {progress?.loss != null && <span>loss {progress.loss.toFixed(3)}</span>}
        {progress && <span>{formatSeconds(progress.elapsed_seconds)} elapsed</span>}
      </p>
    </div>
  )
}

/** Phases of the workload, and what comes before and after. */
const PHASES: Record<string, string> = {
  setup: 'setting up',
  warmup: 'warming up',
  train: 'training',
  measure: 'measuring',
}

function describePhase({ status, cancel_requested }: JobSummary, progress: WorkloadProgress | null): string {
  if (status === 'queued') return 'waiting for the agent'
  if (status === 'leased') return 'starting'
  if (status !== 'running') return status
  if (cancel_requested) return 'stopping'
  return progress ? (PHASES[progress.phase] ?? progress.phase) : 'running'
}
