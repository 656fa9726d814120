/** What `--dry-run` found. */
import { formatCount } from '../../core/format.ts'
import { STEP_NAMES } from '../../harness/step-names.ts'
import type { Finding } from '../../providers/provider.ts'
import { judgeFindings, printFindings } from '../shared/findings.ts'
import { print, printJson } from '../shared/output.ts'

/** Prints the findings, and sets the exit code of a run that they would stop. */
export function reportDryRun(findings: readonly Finding[], { json }: { json?: boolean }): void {
  const mayStart = judgeFindings(findings)
  if (json) {
    printJson({ dry_run: true, may_start: mayStart, plan: STEP_NAMES, findings })
    return
  }
  printFindings(findings)
  const count = formatCount(findings.length, 'finding')
  print(mayStart ? `The run can start (${count}). Dry run: nothing was started.` : `The run cannot start (${count}).`)
}
