/** A sweep as the control plane takes it. Pure. */
import type { ReaperReport } from '../../contract/schemas/machine.ts'
import { EC2_LIMITS } from '../../core/limits/ec2.ts'
import type { ReapReport } from '../../harness/reaper.ts'

export function toReaperReport(
  { at, dryRun, success, things, unseen }: ReapReport,
  intervalSeconds: number | null,
): ReaperReport {
  return {
    at,
    dry_run: dryRun,
    success,
    interval_seconds: intervalSeconds,
    things: things.slice(0, EC2_LIMITS.reportedThings.value).map(({ leftover, decision, outcome, error }) => ({
      kind: leftover.kind,
      id: leftover.id,
      region: leftover.region,
      run_id: leftover.runId,
      created_at: leftover.createdAt?.toISOString() ?? null,
      deadline_at: leftover.deadlineAt?.toISOString() ?? null,
      detail: leftover.detail,
      decision,
      outcome,
      error: error?.slice(0, 1000) ?? null,
    })),
    unseen: unseen
      .slice(0, EC2_LIMITS.reportedUnseen.value)
      .map(({ name, code, error }) => ({ name, error: `${code}: ${error}`.slice(0, 1000) })),
  }
}
