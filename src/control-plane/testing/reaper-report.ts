/** A sweep that found one machine of a live run, for tests. */
import type { ReaperReport } from '../../contract/schemas/machine.ts'

export function testReaperReport(changes: Partial<ReaperReport> = {}): ReaperReport {
  return {
    at: '2026-03-02T09:10:00.000Z',
    dry_run: false,
    success: true,
    interval_seconds: 600,
    things: [
      {
        kind: 'instance',
        id: 'i-0123456789abcdef0',
        region: 'us-west-2',
        run_id: 'run_01jdqk4e8f3q8k2c9v5w7x6y1z',
        created_at: '2026-03-02T09:00:00.000Z',
        deadline_at: '2026-03-02T09:45:00.000Z',
        detail: 'running g5.2xlarge',
        decision: 'keep: live',
        outcome: 'kept',
        error: null,
      },
    ],
    unseen: [],
    ...changes,
  }
}
