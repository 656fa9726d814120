/** The `--json` document for a command without an outcome. */
import { renderErrorObject } from '../../errors/render.ts'
import type { RunOutcome } from '../../harness/events.ts'

/** `nothingStarted`: a new run did not start. For an earlier run, the document claims nothing. */
export function documentWithoutRun(
  error: unknown,
  nothingStarted: boolean,
): Omit<RunOutcome, 'run_id'> & { run_id: null } {
  return {
    run_id: null,
    status: 'failed',
    verdict: null,
    throughput: null,
    duration_seconds: null,
    termination: {
      confirmed: nothingStarted,
      state: nothingStarted ? 'not_needed' : 'unconfirmed',
      machine_id: null,
      confirmed_at: null,
      proof: nothingStarted ? 'no run was started' : 'none: the run could not be read',
    },
    phases: [],
    evidence_path: null,
    pending: [],
    error: renderErrorObject(error),
  }
}
