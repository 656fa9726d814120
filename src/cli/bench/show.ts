/** `radix bench show` */
import { formatSeconds } from '../../evidence/format.ts'
import { lookAtRun } from '../../harness/look-at-runs.ts'
import { type DataDirOption, resolveDataDir } from '../shared/options.ts'
import { note, print, printJson, renderTable } from '../shared/output.ts'
import { printSummary } from './view/create-view.ts'

export function showBench(runId: string, options: DataDirOption & { json?: boolean }): void {
  const { state, outcome, pid, needsCleanup } = lookAtRun(resolveDataDir(options), runId)
  if (options.json) return printJson(outcome)
  const rows = outcome.phases.map(({ name, status, duration_seconds }) => [
    name,
    status,
    duration_seconds === null ? null : formatSeconds(duration_seconds),
    state.steps[name as keyof typeof state.steps]?.message ?? null,
  ])
  print(renderTable(['STEP', 'STATUS', 'TIME', ''], rows))
  printSummary(outcome)
  if (pid !== null) note(`Process ${pid} works on it.`)
  else if (needsCleanup) note(`Nobody works on it: radix bench resume ${runId}, or radix bench cleanup ${runId}`)
}
