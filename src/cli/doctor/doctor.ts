/** Runs every check of this machine at the same time, and shows what each found. Starts and changes nothing. */
import { asTyped } from '../../core/as-typed.ts'
import { printableLine } from '../../core/printable.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { resolveDataDir } from '../shared/options.ts'
import { print, printJson, printText, renderTable } from '../shared/output.ts'
import { programName } from '../shared/program-name.ts'
import { checkAwsCredentials } from './check-aws-credentials.ts'
import { checkControlPlane } from './check-control-plane.ts'
import { checkDataDirectory, checkDisk } from './check-data-directory.ts'
import { checkDocker } from './check-docker.ts'
import { checkPort } from './check-port.ts'
import { checkNode, checkProgram } from './check-program.ts'
import { checkPythonAndGpu } from './check-python-and-gpu.ts'
import type { Diagnosis } from './diagnosis.ts'

interface DoctorOptions extends ConnectionOptions {
  json?: boolean
}

const OUTCOMES: Record<Diagnosis['outcome'], string> = {
  found: 'ok',
  absent: 'not there',
  unusable: 'not usable',
  unknown: 'could not look',
}

/** Exit code 1 if something that a benchmark on this machine needs was not found. */
export async function examineMachine(options: DoctorOptions): Promise<void> {
  const dataDir = resolveDataDir(options)
  const groups = await Promise.all([
    checkProgram(),
    checkNode(),
    checkPythonAndGpu(process.env),
    checkDataDirectory(dataDir),
    checkDisk(dataDir),
    checkPort(),
    checkControlPlane(options),
    checkDocker(process.env),
    checkAwsCredentials(process.env),
  ])
  const diagnoses = groups.flat()
  const canRun = diagnoses.every(({ isRequired, outcome }) => !isRequired || outcome === 'found')
  if (!canRun) process.exitCode = 1
  if (options.json) return printJson({ can_run: canRun, checks: diagnoses.map(toDocument) })
  const rows = diagnoses.map(({ check, outcome, isRequired, message }) => [
    isRequired ? check : `${check} (optional)`,
    OUTCOMES[outcome],
    message,
  ])
  print(renderTable(['CHECK', 'RESULT', 'FOUND'], rows))
  print('')
  for (const diagnosis of diagnoses) if (diagnosis.fix !== null) printFix(diagnosis, diagnosis.fix)
  print(canRun ? 'A benchmark can run on this machine.' : 'A benchmark cannot run on this machine.')
}

/** In the look of a finding of `radix aws doctor`. */
function printFix({ check, isRequired, message }: Diagnosis, fix: string): void {
  const severity = isRequired ? 'error' : 'warning'
  printText(asTyped(`${severity} ${check}: ${printableLine(message)}\n  fix: ${printableLine(fix)}`, programName()))
}

function toDocument({ check, outcome, isRequired, message, fix }: Diagnosis) {
  return { check, outcome, required: isRequired, message, fix }
}
