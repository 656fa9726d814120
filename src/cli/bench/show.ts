/** `radix bench show` */
import { formatSeconds } from '../../core/format.ts'
import { type InspectedRun, lookAtRun } from '../../harness/look-at-runs.ts'
import { type DataDirOption, resolveDataDir } from '../shared/options.ts'
import { note, print, printJson, renderTable } from '../shared/output.ts'
import { programName } from '../shared/program-name.ts'
import { readRunEvidence } from './find-evidence.ts'
import { toRunDocument } from './run-document.ts'
import { printSummary } from './view/create-view.ts'

/** Shows the run first, then throws if its evidence was changed after it was signed. */
export function showBench(runId: string, options: DataDirOption & { json?: boolean }): void {
  const view = lookAtRun(resolveDataDir(options), runId)
  if (options.json) printJson(toRunDocument(view))
  else printView(runId, view)
  const { problem } = readRunEvidence(view.outcome)
  // The folder may have been moved away. Then there is no evidence to check.
  if (problem && problem.code !== 'EVIDENCE_NOT_FOUND') throw problem
}

function printView(runId: string, view: InspectedRun): void {
  const { outcome, worker, wasInterrupted, needsCleanup } = view
  const rows = outcome.phases.map(({ name, status, duration_seconds: seconds, message }) => [
    name,
    wasInterrupted && status === 'running' ? 'interrupted' : status,
    seconds === null ? null : formatSeconds(seconds),
    message,
  ])
  print(renderTable(['STEP', 'STATUS', 'TIME', ''], rows))
  printSummary(outcome, { showsNext: false, wasInterrupted })
  if (worker.outcome === 'found') note(`Process ${worker.value} is working on it.`)
  else if (worker.outcome === 'unknown') note(`It is not known whether a process is working on it: ${worker.reason}.`)
  else if (needsCleanup)
    note(
      `No process is working on it: ${programName()} bench resume ${runId}, or ${programName()} bench cleanup ${runId}`,
    )
}
