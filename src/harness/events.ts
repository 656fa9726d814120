/** The events of a run for its watchers: the terminal, a pipe, the control plane. Watching never changes a run. */
import type { Rate } from '../contract/schemas/common.ts'
import type { Verdict } from '../contract/schemas/comparison.ts'
import type { RunStep } from '../contract/schemas/run.ts'
import type { ReportedResult, WorkloadProgress, WorkloadResult } from '../contract/schemas/workload.ts'
import type { RunStatus } from '../core/transitions.ts'

export type RunEvent =
  | { type: 'run-started'; runId: string; deadlineAt: string; steps: readonly string[]; trials: number }
  | { type: 'step-started'; step: string }
  | { type: 'step-progress'; step: string; message: string }
  | { type: 'step-finished'; step: string; status: RunStep['status']; durationMs: number; message: string | null }
  | { type: 'undo-started'; step: string }
  | { type: 'undo-finished'; step: string; durationMs: number; error: Error | null }
  | { type: 'trial-started'; trial: number; trials: number; jobId: string }
  | { type: 'trial-progress'; trial: number; trials: number; progress: WorkloadProgress }
  | {
      type: 'trial-finished'
      trial: number
      trials: number
      result: WorkloadResult | ReportedResult | null
      error: string | null
    }
  | { type: 'warning'; message: string }
  | { type: 'run-finished'; outcome: RunOutcome }

export type RunObserver = (event: RunEvent) => void

/** The `--json` document of `radix bench run`, `resume` and `cleanup`. */
export interface RunOutcome {
  run_id: string
  status: RunStatus
  verdict: { level: Verdict['level']; reasons: { code: string; message: string }[] } | null
  throughput: Rate | null
  /** Of the workload, mean over trials. */
  duration_seconds: number | null
  termination: {
    confirmed: boolean
    state: 'confirmed' | 'unconfirmed' | 'not_needed'
    machine_id: string | null
    confirmed_at: string | null
    proof: string
  }
  phases: { name: string; status: RunStep['status']; duration_seconds: number | null; message: string | null }[]
  evidence_path: string | null
  /** What could not be undone yet, and why. `radix bench cleanup` finishes it. Empty if nothing is left. */
  pending: { step: string; reason: string }[]
  error: { code: string; title: string; why: string; fix: string } | null
}
