/**
 * Shows a run while it is in progress. Turns Ctrl-C into an orderly stop, and a second Ctrl-C into an immediate exit.
 */
import type { ExitCode } from '../../errors/table.ts'
import type { RunEvent, RunObserver, RunOutcome } from '../../harness/events.ts'
import { listenForStop } from '../../system/stop-signals.ts'
import { note, printJson } from '../shared/output.ts'
import { documentWithoutRun } from './document-without-run.ts'
import { createView } from './view/create-view.ts'
import type { RunView } from './view/view.ts'

interface WatchOptions {
  /** A new run: if it throws, nothing was started. */
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
  /** Words about the command itself. */
  say(message: string): void
}

const STOPPING_WORDS = 'Stopping: everything that was started is being cleaned up. Press Ctrl-C again to exit at once.'

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
  const interruption = listenForStop({
    onStop: () => view.say(options.stoppingWords ?? STOPPING_WORDS),
    onLeave: () => {
      view.close()
      note(runId ? `Exited at once. Finish the clean-up: radix bench cleanup ${runId}` : 'Exited at once.')
    },
  })
  try {
    const outcome = await work({ observe, interrupt: interruption.signal, say: (message) => view.say(message) })
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
