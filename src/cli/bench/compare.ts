/** `radix bench compare` */
import { RadixError } from '../../errors/radix-error.ts'
import { compareRuns } from '../../evidence/compare/compare.ts'
import { comparisonSheet, renderComparisonMarkdown } from '../../evidence/render-comparison.ts'
import { print, printJson } from '../shared/output.ts'
import { type EvidenceOptions, findEvidence } from './find-evidence.ts'
import { printSheet } from './print-sheet.ts'

interface CompareOptions extends EvidenceOptions {
  json?: boolean
  markdown?: boolean
}

export async function compareBenches(references: string[], options: CompareOptions): Promise<void> {
  if (references.length < 2) {
    const message = 'It takes at least two runs to compare.'
    throw new RadixError('USAGE', { message, help_command: 'radix bench compare --help' })
  }
  const opened = []
  for (const reference of references) opened.push(await findEvidence(reference, options))
  const comparison = compareRuns(opened.map(({ evidence }) => evidence))
  const unverified = opened.map((each) => each.unverified).filter((words) => words !== null)
  if (options.json) printJson({ ...comparison, unverified })
  else if (options.markdown) print(renderComparisonMarkdown(comparison, unverified).trimEnd())
  else printSheet(comparisonSheet(comparison, unverified))
}
