/** Resolves a command-line argument to a baseline: a file, or a name in the control plane. */

import { existsSync } from 'node:fs'
import { upgradeBaseline } from '../../contract/earlier-documents.ts'
import { Baseline, BaselineName } from '../../contract/schemas/baseline.ts'
import { EvidenceDocument } from '../../contract/schemas/evidence.ts'
import { shellWord } from '../../core/shell-word.ts'
import { isRadixError, RadixError } from '../../errors/radix-error.ts'
import { makeBaseline } from '../../evidence/compare/baseline.ts'
import { type OpenedBaseline, openBaseline } from '../../evidence/open-baseline.ts'
import { openEvidence } from '../../evidence/open-evidence.ts'
import { describeIssue } from '../../evidence/parse-evidence.ts'
import { connect } from '../shared/connection.ts'
import { type EvidenceOptions, evidencePath, readDocument } from './find-evidence.ts'

/**
 * `run` goes into the command that the error suggests. Throws `BASELINE_NOT_FOUND`, `BASELINE_REFUSED`, and for a file
 * the errors of `openBaseline`, or of `openEvidence` if it is the evidence of a run.
 */
export async function findBaseline(baseline: string, run: string, options: EvidenceOptions): Promise<OpenedBaseline> {
  if (existsSync(baseline)) return readBaseline(evidencePath(baseline), options)
  const missing = (reason: string, cause?: unknown) =>
    new RadixError('BASELINE_NOT_FOUND', { baseline, reason, run }, { cause })
  if (isFileName(baseline)) throw missing('there is no such file.')
  const name = parseBaselineName(baseline)
  const client = await connect(options)
  try {
    const stored = await client.call('getBaseline', { params: { name } })
    return { baseline: stored, unverified: null }
  } catch (error) {
    if (!isRadixError(error, 'NOT_FOUND')) throw error
    throw missing(`no baseline of that name on ${client.baseUrl}, and no such file.`, error)
  }
}

/** An argument with a slash, or that ends in .json, is a file. Any other is a name. */
export function isFileName(baseline: string): boolean {
  return /[/\\]|\.json$/.test(baseline)
}

/** For the suggested command: a file may be the evidence of a run, which must not be overwritten. */
export function nameToSet(baseline: string): string {
  const isEvidence = (isFileName(baseline) || existsSync(baseline)) && !isBaselineFile(baseline)
  return isEvidence ? 'NAME' : shellWord(baseline)
}

/** Throws `USAGE`. */
export function parseBaselineName(name: string): string {
  const parsed = BaselineName.safeParse(name)
  if (parsed.success) return name
  const message = `${JSON.stringify(name)} is not a baseline name: ${describeIssue(parsed.error).replace('the document: ', '')}`
  throw new RadixError('USAGE', { message, help_command: 'radix bench baseline --help' })
}

/** An evidence file can serve as a baseline if its number may be used. */
function readBaseline(path: string, options: EvidenceOptions): OpenedBaseline {
  const document = readDocument(path)
  const isEvidence = EvidenceDocument.safeParse(document).success
  if (isEvidence) {
    const { evidence, unverified } = openEvidence({ document, place: path }, options)
    return { baseline: makeBaseline(evidence, 'NAME'), unverified }
  }
  return openBaseline({ document, place: path }, options)
}

/** True for a file that contains a baseline, and not evidence or anything else. */
export function isBaselineFile(path: string): boolean {
  try {
    return Baseline.safeParse(upgradeBaseline(readDocument(path))).success
  } catch {
    return false
  }
}
