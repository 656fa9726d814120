/** Runs that somebody picked, as an address carries them: ids with commas between them. */
import { DASHBOARD_LIMITS } from '../../../../src/core/limits/dashboard.ts'

export function readPicked(text: string | undefined): string[] {
  return [...new Set((text ?? '').split(',').filter(Boolean))].slice(0, DASHBOARD_LIMITS.comparedRuns.value)
}

/** Undefined for none: the address is then without it. */
export function writePicked(runIds: readonly string[]): string | undefined {
  return runIds.length === 0 ? undefined : runIds.join(',')
}

export function togglePicked(runIds: readonly string[], runId: string): string[] {
  return runIds.includes(runId) ? runIds.filter((each) => each !== runId) : [...runIds, runId]
}
