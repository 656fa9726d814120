/** The views of a run, and the choice between them. */
import type { RunEvent, RunOutcome } from '../../../harness/events.ts'

export interface RunView {
  observe(event: RunEvent): void
  /** Words about the command itself, such as that it is stopping. */
  say(message: string): void
  /** The final message, after everything is done. */
  finish(outcome: RunOutcome): void
  /** Gives the terminal back; harmless when repeated. */
  close(): void
}

export type ViewKind = 'terminal' | 'plain' | 'json'

export interface ViewEnvironment {
  json: boolean
  /** Both streams: the live view goes to stderr, the summary to stdout. */
  isTerminal: boolean
  env: Readonly<Record<string, string | undefined>>
}

export function chooseView({ json, isTerminal, env }: ViewEnvironment): ViewKind {
  if (json) return 'json'
  const isCi = env.CI !== undefined && env.CI !== '' && env.CI !== 'false' && env.CI !== '0'
  return isTerminal && !isCi && env.TERM !== 'dumb' ? 'terminal' : 'plain'
}
