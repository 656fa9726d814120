/** `radix bench gate` */
import { RadixError } from '../../errors/radix-error.ts'
import { type GateResult, gateRun } from '../../evidence/compare/gate.ts'
import { gateSheet, renderGateMarkdown } from '../../evidence/render-gate.ts'
import type { Evidence } from '../../evidence/schema.ts'
import { writeFileAtomically } from '../../system/atomic-file.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { note, print, printJson } from '../shared/output.ts'
import { findBaseline, nameToSet } from './find-baseline.ts'
import { findEvidence, findNewestEvidence } from './find-evidence.ts'
import { printSheet } from './print-sheet.ts'

interface GateOptions extends ConnectionOptions {
  baseline: string
  thresholdPercent: number
  failOnAmbiguous?: boolean
  json?: boolean
  markdown?: string
}

/** Throws `REGRESSION_FOUND` and `REGRESSION_NOT_EXCLUDED` once everything is shown. */
export async function gateBench(reference: string | undefined, options: GateOptions): Promise<void> {
  const candidate = reference === undefined ? newestEvidence(options) : await findEvidence(reference, options)
  const baseline = await findBaseline(options.baseline, candidate.run_id, options)
  const { baseline: baselineName, thresholdPercent } = options
  const result = gateRun({ candidate, baseline, baselineName, thresholdPercent })
  if (options.markdown !== undefined) await writeFileAtomically(options.markdown, renderGateMarkdown(result))
  if (options.json) printJson(result)
  else printResult(result)
  throwFindings(result, options.failOnAmbiguous === true)
}

function newestEvidence(options: GateOptions): Evidence {
  const evidence = findNewestEvidence(options)
  note(`Judging ${evidence.run_id}, the newest run of this machine.`)
  return evidence
}

function printResult(result: GateResult): void {
  printSheet(gateSheet(result))
  print(`\n${result.decision.toUpperCase()}: ${result.reason}`)
}

function throwFindings({ decision, reason, baseline_name, candidate }: GateResult, failOnAmbiguous: boolean): void {
  const { run_id } = candidate
  if (decision === 'regression')
    throw new RadixError('REGRESSION_FOUND', { reason, baseline: nameToSet(baseline_name), run_id })
  if (decision === 'ambiguous' && failOnAmbiguous) throw new RadixError('REGRESSION_NOT_EXCLUDED', { reason })
}
