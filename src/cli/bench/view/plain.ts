/** Lines for pipes and CI logs: one for each thing that happens, and progress only now and then. */

import type { Clock } from '../../../core/clock.ts'
import { formatRate, formatSeconds } from '../../../core/format.ts'
import { INTERVALS } from '../../../core/limits/intervals.ts'
import { printable, printableLine } from '../../../core/printable.ts'
import type { RunEvent, RunOutcome } from '../../../harness/events.ts'
import { describeProgress, type Look } from './frame.ts'
import { applyEvent, type RunProgress, startProgress } from './run-progress.ts'
import type { RunView } from './view.ts'

export interface PlainViewOptions {
  write: (line: string) => void
  clock: Pick<Clock, 'monotonicMs'>
  look: Look
  /** What stands at the end. */
  finish: (outcome: RunOutcome) => void
}

const PROGRESS_INTERVAL_MS = INTERVALS.progressLines.value

export function createPlainView({ write, clock, look, finish }: PlainViewOptions): RunView {
  let state: RunProgress = startProgress(clock.monotonicMs())
  let shownMs = Number.NEGATIVE_INFINITY
  let shownPhase = ''

  const say = (text: string) => {
    const offset = `${((clock.monotonicMs() - state.startedMs) / 1000).toFixed(1)} s`
    const mark = `[${offset.padStart(8)}] `
    // A further line of a message stands below the first: it cannot pass for an event of its own.
    write(`${mark}${printable(text).replaceAll('\n', `\n${' '.repeat(mark.length)}`)}`)
  }
  /** At every change of phase, and every few seconds between. */
  const isDue = (phase: string) => {
    const nowMs = clock.monotonicMs()
    if (phase === shownPhase && nowMs - shownMs < PROGRESS_INTERVAL_MS) return false
    shownMs = nowMs
    shownPhase = phase
    return true
  }

  return {
    observe(event: RunEvent) {
      state = applyEvent(state, event, clock.monotonicMs())
      if (event.type === 'trial-progress') {
        const { phase } = event.progress
        if (!isDue(`${event.trial} ${phase}`) || !state.trial) return
        const parts = [printableLine(phase), ...describeProgress(state.trial)]
        return say(`trial ${event.trial}/${event.trials}: ${parts.join(look.glyphs.separator)}`)
      }
      const text = describeEvent(event)
      if (text !== null) say(text)
    },
    say,
    finish,
    close() {},
  }
}

function describeEvent(event: RunEvent): string | null {
  switch (event.type) {
    case 'run-started':
      return `run ${event.runId}, deadline ${event.deadlineAt}`
    case 'step-started':
      return `${event.step}: started`
    case 'step-progress':
      return `${event.step}: ${event.message}`
    case 'step-finished':
      // For several obstacles, the list is in the summary.
      return withMessage(
        `${event.step}: ${event.status} in ${formatSeconds(event.durationMs / 1000)}`,
        event.message?.split('\n')[0] ?? null,
      )
    case 'undo-started':
      return `undo ${event.step}: started`
    case 'undo-finished': {
      const how = event.error ? 'failed' : 'done'
      return withMessage(
        `undo ${event.step}: ${how} in ${formatSeconds(event.durationMs / 1000)}`,
        event.error?.message ?? null,
      )
    }
    case 'trial-started':
      return `trial ${event.trial}/${event.trials}: job ${event.jobId}`
    case 'trial-finished':
      return event.result
        ? `trial ${event.trial}/${event.trials}: ${formatRate(event.result.throughput)}`
        : `trial ${event.trial}/${event.trials}: ${event.error ?? 'no result'}`
    case 'warning':
      return `warning: ${event.message}`
    case 'trial-progress':
    case 'run-finished':
      return null
  }
}

function withMessage(text: string, message: string | null): string {
  return message ? `${text} (${message})` : text
}
