/** Shows a run while it goes on, and turns Ctrl-C into an orderly end, and a second one into an immediate one. */

import { systemClock } from '../../core/clock.ts'
import { CLI_LIMITS } from '../../core/limits/cli.ts'
import type { ExitCode } from '../../errors/table.ts'
import type { RunEvent, RunObserver, RunOutcome } from '../../harness/events.ts'
import { note, printJson } from '../shared/output.ts'
import { documentWithoutRun } from './document-without-run.ts'
import { createView } from './view/create-view.ts'
import type { RunView } from './view/view.ts'

interface WatchOptions {
  /** A new run: where it throws, nothing was started. */
  startsRun?: boolean
  json?: boolean | undefined
  /** What shows it; the one that fits the terminal where absent. */
  view?: RunView
  /** What an interrupt is answered with. */
  stoppingWords?: string
  exitCodeOf: (outcome: RunOutcome) => ExitCode
}

interface Watched {
  observe: RunObserver
  interrupt: AbortSignal
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const STOPPING_WORDS = 'Stopping: everything that was started is taken down. Press Ctrl-C again to leave at once.'
/** A terminal and what started this program may both pass on the same Ctrl-C. */
const SAME_PRESS_MS = CLI_LIMITS.samePress.value

/** `work` answers with the outcome of its run, or with nothing where it had none. */
export async function watchRun(
  options: WatchOptions,
  work: (watched: Watched) => Promise<RunOutcome | undefined>,
): Promise<void> {
  const view = options.view ?? createView(options.json ?? false)
  let runId: string | undefined
  const observe = (event: RunEvent) => {
    if (event.type === 'run-started') runId = event.runId
    view.observe(event)
  }
  const interruption = listenForSignals(view, options.stoppingWords ?? STOPPING_WORDS, () => runId)
  try {
    const outcome = await work({ observe, interrupt: interruption.signal })
    view.close()
    if (!outcome) return
    view.finish(outcome)
    process.exitCode = options.exitCodeOf(outcome)
  } catch (error) {
    view.close()
    if (options.json) printJson(documentWithoutRun(error, options.startsRun ?? false))
    throw error
  } finally {
    interruption.dispose()
  }
}

function listenForSignals(view: RunView, stoppingWords: string, readRunId: () => string | undefined) {
  const controller = new AbortController()
  let firstMs: number | undefined
  let firstSignal: string | undefined
  const onSignal = (signal: NodeJS.Signals) => {
    const nowMs = systemClock.monotonicMs()
    if (firstMs === undefined) {
      firstMs = nowMs
      firstSignal = signal
      view.say(stoppingWords)
      return controller.abort(signal)
    }
    // CI systems send SIGINT and, some seconds later, SIGTERM: only asking for the same again is impatience.
    if (signal !== firstSignal || nowMs - firstMs < SAME_PRESS_MS) return
    view.close()
    const runId = readRunId()
    note(runId ? `Left at once. Finish the clean-up: radix bench cleanup ${runId}` : 'Left at once.')
    process.exit(130)
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  return {
    signal: controller.signal,
    dispose: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal)
    },
  }
}
