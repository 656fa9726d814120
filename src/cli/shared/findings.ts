/** What a preflight found, for the commands that make its checks alone. */
import { ERRORS } from '../../errors/table.ts'
import type { Finding } from '../../providers/provider.ts'
import { print, renderTable } from './output.ts'

/** True when a run may start. Sets the exit code of a run that these findings would stop. */
export function judgeFindings(findings: readonly Finding[]): boolean {
  const mayStart = findings.every(({ severity }) => severity !== 'error')
  if (!mayStart) process.exitCode = ERRORS.PREFLIGHT_FAILED.exitCode
  return mayStart
}

/** Prints nothing where there are none. */
export function printFindings(findings: readonly Finding[]): void {
  const rows = findings.map(({ severity, code, message, fix }) => [severity, code, message, fix])
  if (rows.length > 0) print(renderTable(['SEVERITY', 'CODE', 'FOUND', 'FIX'], rows))
}
