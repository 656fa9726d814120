/** Runs that somebody picked, as an address carries them: ids with commas between them. */
import { MAXIMUM_COMPARED_RUNS } from '../../../../src/contract/schemas/comparison.ts'

export function readPicked(text: string | undefined): string[] {
  return [...new Set((text ?? '').split(',').filter(Boolean))].slice(0, MAXIMUM_COMPARED_RUNS)
}

/** Undefined for none: the address is then without it. */
export function writePicked(runIds: readonly string[]): string | undefined {
  return runIds.length === 0 ? undefined : runIds.join(',')
}

export function togglePicked(runIds: readonly string[], runId: string): string[] {
  return runIds.includes(runId) ? runIds.filter((each) => each !== runId) : [...runIds, runId]
}
