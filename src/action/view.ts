/** A run in the log of a job: one group for each step, with its progress in it and its outcome after it. */

import { createLook } from '../cli/bench/view/create-view.ts'
import { createPlainView } from '../cli/bench/view/plain.ts'
import type { RunView } from '../cli/bench/view/view.ts'
import type { Clock } from '../core/clock.ts'
import type { RunOutcome } from '../harness/events.ts'
import type { Reporter } from './reporter.ts'

export interface ActionViewOptions {
  reporter: Pick<Reporter, 'info' | 'startGroup' | 'endGroup'>
  clock: Pick<Clock, 'monotonicMs'>
  finish: (outcome: RunOutcome) => void
}

export function createActionView({ reporter, clock, finish }: ActionViewOptions): RunView {
  const plain = createPlainView({ write: (line) => reporter.info(line), clock, look: createLook(), finish })
  let isOpen = false
  const close = () => {
    if (isOpen) reporter.endGroup()
    isOpen = false
  }
  const open = (title: string) => {
    close()
    reporter.startGroup(title)
    isOpen = true
  }
  return {
    ...plain,
    observe(event) {
      if (event.type === 'step-started') open(event.step)
      else if (event.type === 'undo-started') open(`undo ${event.step}`)
      else if (event.type === 'step-finished' || event.type === 'undo-finished') close()
      plain.observe(event)
    },
    close,
  }
}
