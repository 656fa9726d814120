/** The outcome of a run, from its state: the `--json` document and the exit code. Pure. */
import { isErrorCode } from '../errors/render.ts'
import { ERRORS, type ExitCode } from '../errors/table.ts'
import type { RunOutcome } from './events.ts'
import { failureOf, terminationOf } from './evidence-facts.ts'
import { pendingUndos, type RunState } from './journal/run-state.ts'
import { reportSteps } from './report.ts'

export function outcomeOf(state: RunState): RunOutcome {
  const { evidence } = state.facts
  const termination = terminationOf(state)
  return {
    run_id: state.runId,
    status: state.status,
    verdict: evidence?.verdict ?? null,
    throughput: evidence?.throughput ?? null,
    duration_seconds: evidence?.durationSeconds ?? null,
    termination: {
      confirmed: termination.state !== 'unconfirmed',
      state: termination.state,
      machine_id: termination.machineId,
      confirmed_at: termination.confirmedAt,
      proof: termination.proof,
    },
    phases: reportSteps(state).map(({ name, status, started_at, finished_at, message }) => ({
      name,
      status,
      message,
      duration_seconds: started_at && finished_at ? (Date.parse(finished_at) - Date.parse(started_at)) / 1000 : null,
    })),
    evidence_path: evidence?.path ?? null,
    pending: pendingUndos(state),
    error: failureOf(state, state),
  }
}

/** The exit code of `radix bench run` and `resume`. */
export function exitCodeOf(outcome: RunOutcome): ExitCode {
  if (outcome.status === 'succeeded') return 0
  if (outcome.status === 'termination_unconfirmed') return 7
  const code = outcome.error?.code
  // Confirmation arrived after the timeout.
  if (code === 'TERMINATION_UNCONFIRMED') return outcome.termination.confirmed ? 1 : 7
  return isErrorCode(code) ? ERRORS[code].exitCode : 1
}

/** The exit code of `radix bench cleanup`, which only says whether anything is left. */
export function exitCodeOfCleanup(outcome: RunOutcome): ExitCode {
  if (outcome.status === 'termination_unconfirmed' || !outcome.termination.confirmed) return 7
  return outcome.pending.length === 0 ? 0 : 1
}
