/** What a preflight found, for the commands that make its checks alone. */
import { asTyped } from '../../core/as-typed.ts'
import { errorOfFindings } from '../../harness/judge-findings.ts'
import type { Finding } from '../../providers/provider.ts'
import { print, renderTable } from './output.ts'
import { programName } from './program-name.ts'

/** True when a run may start. Sets the exit code of a run that these findings would stop. */
export function judgeFindings(findings: readonly Finding[]): boolean {
  const obstacle = errorOfFindings(findings)
  if (obstacle) process.exitCode = obstacle.exitCode
  return obstacle === undefined
}

/** Prints nothing where there are none. */
export function printFindings(findings: readonly Finding[]): void {
  const rows = findings.map(({ severity, code, message, fix }) => [
    severity,
    code,
    message,
    asTyped(fix, programName()),
  ])
  if (rows.length > 0) print(renderTable(['SEVERITY', 'CODE', 'FOUND', 'FIX'], rows))
}
