/** The live view: the plan's steps drawn in place, with the trial that is running, and the summary when it is over. */

import type { Clock } from '../../../core/clock.ts'
import { INTERVALS } from '../../../core/limits/intervals.ts'
import { printable } from '../../../core/printable.ts'
import type { RunEvent, RunOutcome } from '../../../harness/events.ts'
import type { RunEvidence } from '../find-evidence.ts'
import { type Look, renderFrame } from './frame.ts'
import { applyEvent, type RunProgress, startProgress } from './run-progress.ts'
import { Screen, type ScreenStream } from './screen.ts'
import { renderSummary, type SummaryPlace } from './summary.ts'
import type { RunView } from './view.ts'

export interface TerminalViewOptions {
  /** The live part; the summary goes to `print`. */
  stream: ScreenStream & {
    on?(event: 'resize', listener: () => void): unknown
    off?(event: 'resize', listener: () => void): unknown
  }
  print: (text: string) => void
  clock: Pick<Clock, 'monotonicMs'>
  look: Look
  readDetails: (outcome: RunOutcome) => RunEvidence
  place: () => SummaryPlace
  /** Calls back every so often until the answer is called; the system's timer by default. */
  every?: (intervalMs: number, callback: () => void) => () => void
}

const FRAME_INTERVAL_MS = INTERVALS.terminalFrames.value

export function createTerminalView(options: TerminalViewOptions): RunView {
  const { stream, clock, look, every = everyInterval } = options
  const screen = new Screen(stream, look.glyphs.ellipsis)
  let state: RunProgress = startProgress(clock.monotonicMs())
  let closed = false

  const draw = () => {
    const { lines, focus } = renderFrame(state, clock.monotonicMs(), look)
    screen.draw(lines, focus)
  }
  const stopTimer = every(FRAME_INTERVAL_MS, draw)
  stream.on?.('resize', draw)

  return {
    observe(event: RunEvent) {
      if (closed) return
      if (event.type === 'warning')
        screen.log(`${look.style.yellow('warning')} ${printable(event.message).replaceAll('\n', '\n        ')}`)
      state = applyEvent(state, event, clock.monotonicMs())
      // Progress waits for the next frame; a change of step is shown at once.
      if (event.type !== 'trial-progress') draw()
    },
    say(message) {
      if (!closed) screen.log(look.style.bold(message))
    },
    finish(outcome) {
      this.close()
      options.print(`\n${renderSummary(outcome, options.readDetails(outcome), look, options.place())}`)
    },
    close() {
      if (closed) return
      closed = true
      stopTimer()
      stream.off?.('resize', draw)
      draw()
      screen.close()
    },
  }
}

function everyInterval(intervalMs: number, callback: () => void): () => void {
  const timer = setInterval(callback, intervalMs)
  timer.unref()
  return () => clearInterval(timer)
}
