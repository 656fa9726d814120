/**
 * The only writer of the Action: to the job's log, annotations, outputs and summary. Text may come from another
 * machine, and nothing in it may be a command to the runner (`core/printable.ts`).
 */
import { printable, printableInActions, printableLine } from '../core/printable.ts'
import type { Toolkit } from './runner.ts'

export type Summary = Toolkit['summary']
export type AnnotationLevel = 'error' | 'warning' | 'notice'

export class Reporter {
  readonly #toolkit: Toolkit

  constructor(toolkit: Toolkit) {
    this.#toolkit = toolkit
  }

  info(text: string): void {
    this.#toolkit.info(printableInActions(text))
  }

  startGroup(title: string): void {
    this.#toolkit.startGroup(printableLine(title))
  }

  endGroup(): void {
    this.#toolkit.endGroup()
  }

  annotate(level: AnnotationLevel, title: string, text: string): void {
    this.#toolkit[level](printable(text), { title: printableLine(title) })
  }

  setOutput(name: string, value: string | number): void {
    this.#toolkit.setOutput(name, typeof value === 'string' ? printable(value).replaceAll('\n', ' ') : value)
  }

  /**
   * Markdown and HTML arrive escaped. A failure to write the summary must not fail a run: a runner may have no space
   * for it.
   */
  async writeSummary(fill: (summary: Summary) => Summary): Promise<void> {
    try {
      await fill(this.#toolkit.summary).write()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.annotate('warning', 'The summary could not be written', reason)
    }
  }
}
