/** A run of this machine as JSON: its outcome so far, and whether a process works on it. */
import type { InspectedRun } from '../../harness/look-at-runs.ts'

export function toRunDocument({ outcome, worker, wasInterrupted, needsCleanup }: InspectedRun) {
  return {
    ...outcome,
    pid: worker.outcome === 'found' ? worker.value : null,
    // Null if this is not known.
    interrupted: worker.outcome === 'unknown' ? null : wasInterrupted,
    needs_cleanup: needsCleanup,
  }
}
