/**
 * What the Action writes, and the only writer: to the job's log, as annotations, as outputs and to its summary. Text may come
 * from a machine that is not ours, and nothing in it may be an order to the runner (`core/printable.ts`).
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

  /** Markdown and HTML come escaped. What is shown is no reason for a run to fail: a runner may have no room for it. */
  async writeSummary(fill: (summary: Summary) => Summary): Promise<void> {
    try {
      await fill(this.#toolkit.summary).write()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.annotate('warning', 'The summary could not be written', reason)
    }
  }
}
