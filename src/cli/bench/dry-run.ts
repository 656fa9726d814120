/** What `--dry-run` found. */
import { RadixError } from '../../errors/radix-error.ts'
import { STEP_NAMES } from '../../harness/step-names.ts'
import type { Finding } from '../../providers/provider.ts'
import { print, printJson, renderTable } from '../shared/output.ts'

/** Prints the findings; the exit code is that of a run which they would stop. */
export function reportDryRun(findings: readonly Finding[], { json }: { json?: boolean }): void {
  const stopping = findings.filter(({ severity }) => severity === 'error')
  if (stopping.length > 0) process.exitCode = exitCodeOfFindings(stopping)
  if (json) {
    printJson({ dry_run: true, may_start: stopping.length === 0, plan: STEP_NAMES, findings })
    return
  }
  const rows = findings.map(({ severity, code, message, fix }) => [severity, code, message, fix])
  if (rows.length > 0) print(renderTable(['SEVERITY', 'CODE', 'FOUND', 'FIX'], rows))
  const count = `${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}`
  print(
    stopping.length === 0 ? `The run may start (${count}). Nothing was started.` : `The run cannot start (${count}).`,
  )
}

function exitCodeOfFindings(findings: readonly Finding[]): number {
  return new RadixError('PREFLIGHT_FAILED', { count: findings.length, findings: '' }).exitCode
}
