/** A run as its watchers see it, for tests. */
import type { WorkloadProgress } from '../../../../contract/schemas/workload.ts'
import { gpuResult, RUN_ID } from '../../../../evidence/testing/facts.ts'
import type { RunEvent, RunOutcome } from '../../../../harness/events.ts'

export { RUN_ID }

const STEPS = ['authenticate', 'preflight', 'launch-machine', 'run-trials', 'write-evidence']

/** Each event with its time in milliseconds. */
export type Script = [atMs: number, event: RunEvent][]

export const FORWARD: Script = [
  [0, { type: 'run-started', runId: RUN_ID, deadlineAt: '2026-03-02T09:45:00.000Z', steps: STEPS, trials: 2 }],
  [0, { type: 'step-started', step: 'authenticate' }],
  [120, finished('authenticate', 120, null)],
  [120, { type: 'step-started', step: 'preflight' }],
  [150, { type: 'warning', message: 'no GPU was found on this machine' }],
  [200, finished('preflight', 80, '1 warnings')],
  [200, { type: 'step-started', step: 'launch-machine' }],
  [300, { type: 'step-progress', step: 'launch-machine', message: 'starting the agent' }],
  [1200, finished('launch-machine', 1000, 'local-1234')],
  [1200, { type: 'step-started', step: 'run-trials' }],
  [1300, { type: 'trial-started', trial: 1, trials: 2, jobId: 'job_1' }],
  [2000, progress('setup', null, 0)],
  [4000, progress('train', 10, 3)],
  [6000, progress('train', 60, 8)],
]

export const FINISHED_TRIAL: Script = [
  [20_000, { type: 'trial-finished', trial: 1, trials: 2, result: gpuResult(343.2), error: null }],
]

export const INTERRUPTED: Script = [
  [7000, { ...finished('run-trials', 5800, 'Run was asked to stop by Ctrl-C'), status: 'failed' }],
  [7000, { type: 'undo-started', step: 'run-trials' }],
  [7500, { type: 'undo-finished', step: 'run-trials', durationMs: 500, error: null }],
  [7500, { type: 'undo-started', step: 'launch-machine' }],
  [8000, { type: 'step-progress', step: 'launch-machine', message: 'terminating machine local-1234' }],
]

export function outcome(changes: Partial<RunOutcome> = {}): RunOutcome {
  return {
    run_id: RUN_ID,
    status: 'succeeded',
    verdict: { level: 'valid', reasons: [] },
    throughput: { value: 343.3, unit: 'images/s' },
    duration_seconds: 85.6,
    termination: {
      confirmed: true,
      state: 'confirmed',
      machine_id: 'local-1234',
      confirmed_at: '2026-03-02T09:08:00.000Z',
      proof: 'provider local answered: local-1234: its processes ended',
    },
    phases: [{ name: 'run-trials', status: 'succeeded', duration_seconds: 300, message: null }],
    evidence_path: '/tmp/out/benchmark-evidence-local-1/evidence.json',
    pending: [],
    error: null,
    ...changes,
  }
}

export function progress(phase: string, step: number | null, elapsedSeconds: number): RunEvent {
  const data: WorkloadProgress = {
    schema: 'radix.progress/v2',
    phase,
    epoch: step === null ? null : 1,
    step,
    total_steps: 200,
    throughput: step === null ? null : { value: 343.21, unit: 'images/s' },
    elapsed_seconds: elapsedSeconds,
    loss: step === null ? null : 6.9137,
  }
  return { type: 'trial-progress', trial: 1, trials: 2, progress: data }
}

function finished(step: string, durationMs: number, message: string | null): RunEvent & { type: 'step-finished' } {
  return { type: 'step-finished', step, status: 'succeeded', durationMs, message }
}
