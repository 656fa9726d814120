/** Shows the findings of a preflight, for commands that only run its checks. */
import { asTyped } from '../../core/as-typed.ts'
import { describeFinding, errorOfFindings } from '../../harness/judge-findings.ts'
import type { Finding } from '../../providers/provider.ts'
import { printText } from './output.ts'
import { programName } from './program-name.ts'

/** True when a run may start. Sets the exit code of a run that these findings would stop. */
export function judgeFindings(findings: readonly Finding[]): boolean {
  const obstacle = errorOfFindings(findings)
  if (obstacle) process.exitCode = obstacle.exitCode
  return obstacle === undefined
}

/** Prints nothing where there are none. */
export function printFindings(findings: readonly Finding[]): void {
  for (const finding of findings) {
    printText(asTyped(`${finding.severity} ${describeFinding(finding)}`, programName()))
  }
}
