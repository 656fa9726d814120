/**
 * Sweeps once or repeatedly. Every sweep ends within its time limit and is reported, even if it fails, and the next one
 * starts on time. A reaper that has silently stopped is worse than none.
 */
import type { Clock } from '../../core/clock.ts'
import { EC2_LIMITS } from '../../core/limits/ec2.ts'
import { within } from '../../core/within.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { asRadixError, renderErrorObject } from '../../errors/render.ts'
import { ERRORS, type ExitCode } from '../../errors/table.ts'
import type { ReapReport } from '../../harness/reaper.ts'

export interface SweepPorts {
  clock: Clock
  sweep(): Promise<ReapReport>
  show(report: ReapReport): void
  keepRecord(report: ReapReport): Promise<void>
  tellControlPlane(report: ReapReport): Promise<void>
  /** For the log. */
  say(message: string): void
}

interface SweepOptions {
  dryRun: boolean
  /** From the start of one sweep to the start of the next; null: one sweep. */
  intervalMs: number | null
}

/** Answers with the exit code of the last sweep. */
export async function runSweeps(ports: SweepPorts, options: SweepOptions, stop: AbortSignal): Promise<ExitCode> {
  const { clock } = ports
  for (;;) {
    const startedMs = clock.monotonicMs()
    const exitCode = await sweepOnce(ports, options)
    if (options.intervalMs === null || stop.aborted) return exitCode
    await clock.sleep(Math.max(0, startedMs + options.intervalMs - clock.monotonicMs()), stop).catch(() => {})
    if (stop.aborted) return exitCode
  }
}

async function sweepOnce(ports: SweepPorts, { dryRun }: SweepOptions): Promise<ExitCode> {
  const at = ports.clock.now().toISOString()
  const report = await bounded('sweep', ports.sweep()).catch((error: unknown): ReapReport => {
    const { code, why } = renderErrorObject(error)
    ports.say(`The sweep failed: ${code}: ${why}`)
    return { at, dryRun, things: [], unseen: [{ name: 'the whole sweep', code, error: why }], success: false }
  })
  ports.show(report)
  const [isKept, isTold] = await Promise.all([
    attempt(ports, 'The sweep was not recorded', ports.keepRecord(report)),
    attempt(ports, 'The sweep was not reported to the control plane', ports.tellControlPlane(report)),
  ])
  return report.success && isKept && isTold ? 0 : exitCodeOf(report)
}

/** The sweep still counts. The failure of this part is reported separately. */
async function attempt({ say }: SweepPorts, message: string, work: Promise<void>): Promise<boolean> {
  try {
    await bounded('report', work)
    return true
  } catch (error) {
    say(`${message}: ${asRadixError(error).why}`)
    return false
  }
}

function bounded<T>(what: 'sweep' | 'report', work: Promise<T>): Promise<T> {
  const { value } = what === 'sweep' ? EC2_LIMITS.wholeSweep : EC2_LIMITS.sweepReport
  const message = `the ${what} did not end within ${value / 1000} s`
  return within(value, work, () => new RadixError('AWS_CALL_FAILED', { message }))
}

/** The exit code of the error if one cause kept every place from being checked; else 1. */
function exitCodeOf({ things, unseen }: ReapReport): ExitCode {
  const codes = new Set(unseen.map(({ code }) => ERRORS[code].exitCode))
  const [only] = codes
  return things.length === 0 && codes.size === 1 && only !== undefined ? only : 1
}
