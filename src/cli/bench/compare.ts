/** `radix bench compare` */
import { RadixError } from '../../errors/radix-error.ts'
import { compareRuns } from '../../evidence/compare/compare.ts'
import { comparisonSheet, renderComparisonMarkdown } from '../../evidence/render-comparison.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { print, printJson } from '../shared/output.ts'
import { findEvidence } from './find-evidence.ts'
import { printSheet } from './print-sheet.ts'

interface CompareOptions extends ConnectionOptions {
  json?: boolean
  markdown?: boolean
}

export async function compareBenches(references: string[], options: CompareOptions): Promise<void> {
  if (references.length < 2) {
    const message = 'It takes at least two runs to compare.'
    throw new RadixError('USAGE', { message, help_command: 'radix bench compare --help' })
  }
  const evidence = []
  for (const reference of references) evidence.push(await findEvidence(reference, options))
  const comparison = compareRuns(evidence)
  if (options.json) printJson(comparison)
  else if (options.markdown) print(renderComparisonMarkdown(comparison).trimEnd())
  else printSheet(comparisonSheet(comparison))
}
