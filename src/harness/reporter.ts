/**
 * Reports the run's progress to the control plane in the background, and learns from the answers of a cancel request.
 * Best effort: a failed report is retried shortly and never fails the run.
 */
import type { ControlPlaneClient } from '../contract/client.ts'
import { HARNESS_LIMITS } from '../core/limits/harness.ts'
import { INTERVALS } from '../core/limits/intervals.ts'
import { isRadixError } from '../errors/radix-error.ts'
import type { RunState } from './journal/run-state.ts'
import type { HarnessPorts } from './ports.ts'
import { reportOf } from './report.ts'

export interface Reporter {
  /** There is something new to report. */
  changed(): void
  /** Resolves when no report is in progress. */
  stop(): Promise<void>
}

/** A cancel request is seen at most this long after it was made. */
const CANCEL_POLL_MS = INTERVALS.cancelRequest.value

interface ReportedRun {
  readonly state: RunState
  readonly client: ControlPlaneClient
  readonly ports: Pick<HarnessPorts, 'clock' | 'logger'>
}

export function startReporter(run: ReportedRun, onCancelRequested: () => void): Reporter {
  const stopped = new AbortController()
  let unreported = true
  let wake = () => {}

  /** Whether the control plane answered. */
  async function report(): Promise<boolean> {
    const options = { signal: stopped.signal, timeoutMs: HARNESS_LIMITS.report.value, retries: 0 }
    const params = { run_id: run.state.runId }
    const hadChanges = unreported
    unreported = false
    try {
      const answer = hadChanges
        ? await run.client.call('updateRun', { params, body: reportOf(run.state) }, options)
        : await run.client.call('getRun', { params }, options)
      if (answer.cancel_requested) onCancelRequested()
      return true
    } catch (error) {
      unreported ||= hadChanges
      const level = isRadixError(error) ? 'debug' : 'warn'
      if (!stopped.signal.aborted) run.ports.logger[level]({ err: error }, 'the run could not be reported')
      return false
    }
  }

  async function loop(): Promise<void> {
    while (!stopped.signal.aborted) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve
      })
      const isRegistered = run.state.steps['register-run'].status === 'succeeded'
      const hasFailed = isRegistered && !(await report())
      const waiting = new AbortController()
      const sleep = run.ports.clock.sleep(CANCEL_POLL_MS, AbortSignal.any([waiting.signal, stopped.signal]))
      // A control plane in trouble is not contacted at every change.
      await Promise.race([sleep.catch(() => {}), ...(hasFailed ? [] : [changed])])
      waiting.abort()
    }
  }

  const finished = loop()
  return {
    changed() {
      unreported = true
      wake()
    },
    async stop() {
      stopped.abort()
      await finished
    },
  }
}
