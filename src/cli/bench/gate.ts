/** `radix bench gate` */
import { shellWord } from '../../core/shell-word.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { type GateResult, gateRun } from '../../evidence/compare/gate.ts'
import type { OpenedEvidence } from '../../evidence/open-evidence.ts'
import { gateSheet, renderGateMarkdown } from '../../evidence/render-gate.ts'
import { writeFileAtomically } from '../../system/atomic-file.ts'
import { note, noteError, printJson, printText } from '../shared/output.ts'
import { findBaseline, nameToSet } from './find-baseline.ts'
import { type EvidenceOptions, findEvidence, findNewestEvidence } from './find-evidence.ts'
import { printSheet } from './print-sheet.ts'

interface GateOptions extends EvidenceOptions {
  baseline: string
  thresholdPercent: number
  failOnAmbiguous?: boolean
  json?: boolean
  markdown?: string
}

/** Throws `REGRESSION_FOUND` and `REGRESSION_NOT_EXCLUDED` once everything is shown. */
export async function gateBench(reference: string | undefined, options: GateOptions): Promise<void> {
  const candidate = reference === undefined ? newestEvidence(options) : await findEvidence(reference, options)
  const { baseline: baselineName, thresholdPercent } = options
  // As the user named it: a file need not be a run that the control plane knows.
  const run = shellWord(reference ?? candidate.evidence.run_id)
  const found = await findBaseline(baselineName, run, options)
  const unverified = [found.unverified, candidate.unverified].filter((words) => words !== null)
  const result = gateRun({
    candidate: candidate.evidence,
    baseline: found.baseline,
    baselineName,
    thresholdPercent,
    unverified,
  })
  if (options.json) printJson(result)
  else printResult(result)
  // The decision is shown and sets the exit code, even if the file cannot be written.
  const writing =
    options.markdown === undefined ? undefined : writeFileAtomically(options.markdown, renderGateMarkdown(result))
  await writing?.catch((error: unknown) => {
    if (result.decision !== 'regression') throw error
    noteError(error)
  })
  throwFindings(result, run, options.failOnAmbiguous === true)
}

function newestEvidence(options: GateOptions): OpenedEvidence {
  const opened = findNewestEvidence(options)
  note(`Judging ${opened.evidence.run_id}, the newest run of this machine.`)
  return opened
}

function printResult(result: GateResult): void {
  printSheet(gateSheet(result))
  printText(`\n${result.decision.toUpperCase()}: ${result.reason}`)
}

function throwFindings({ decision, reason, baseline_name }: GateResult, run: string, failOnAmbiguous: boolean): void {
  if (decision === 'regression')
    throw new RadixError('REGRESSION_FOUND', { reason, baseline: nameToSet(baseline_name), run })
  if (decision === 'ambiguous' && failOnAmbiguous) throw new RadixError('REGRESSION_NOT_EXCLUDED', { reason })
}
