/** For programs: stdout holds one JSON document, the outcome, and nothing else. What happens on the way goes to stderr. */
import type { RunOutcome } from '../../../harness/events.ts'
import { createPlainView, type PlainViewOptions } from './plain.ts'
import type { RunView } from './view.ts'

export function createJsonView(
  options: Omit<PlainViewOptions, 'finish'> & { printJson: (outcome: RunOutcome) => void },
): RunView {
  const { printJson, ...plain } = options
  return createPlainView({ ...plain, finish: printJson })
}
