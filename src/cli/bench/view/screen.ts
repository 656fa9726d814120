/**
 * A block of lines at the bottom of a terminal that is redrawn in place. Log lines scroll away above it. A frame is one
 * write between the marks of a synchronised update. Lines are only rewritten, never cleared first, so nothing flickers.
 */
import { printableStyled } from '../../../core/printable.ts'
import { truncate, visibleLength } from '../../shared/text-layout.ts'

export interface ScreenStream {
  write(text: string): unknown
  columns?: number
  rows?: number
}

const BEGIN = '\x1b[?2026h'
const END = '\x1b[?2026l'
const HIDE_CURSOR = '\x1b[?25l'
const SHOW_CURSOR = '\x1b[?25h'
const CLEAR_LINE_END = '\x1b[K'
const CLEAR_BELOW = '\x1b[J'

export class Screen {
  readonly #stream: ScreenStream
  readonly #ellipsis: string
  #drawn: readonly string[] = []

  constructor(stream: ScreenStream, ellipsis: string) {
    this.#stream = stream
    this.#ellipsis = ellipsis
  }

  /** Draws the block over the previous one. Long lines are cut; if there are too many lines, line `focus` stays. */
  draw(lines: readonly string[], focus = lines.length - 1): void {
    const fitting = this.#fit(lines, focus)
    if (this.#drawn.length > 0 && same(fitting, this.#drawn)) return
    this.#stream.write(`${BEGIN}${HIDE_CURSOR}${this.#toTop()}${body(fitting)}${CLEAR_BELOW}${END}`)
    this.#drawn = fitting
  }

  /** Writes lines above the block, to stay. */
  log(text: string): void {
    const block = this.#drawn
    this.#stream.write(
      `${BEGIN}${this.#toTop()}${body(printableStyled(text).split('\n'))}${body(block)}${CLEAR_BELOW}${END}`,
    )
  }

  /** Leaves the last block as it is and gives the cursor back. */
  close(): void {
    this.#stream.write(SHOW_CURSOR)
    this.#drawn = []
  }

  #fit(lines: readonly string[], focus: number): string[] {
    const width = Math.max(1, (this.#stream.columns || 80) - 1)
    const height = Math.max(1, (this.#stream.rows || 24) - 1)
    const start = Math.max(0, Math.min(lines.length - height, focus - height + 2))
    return lines
      .slice(start, start + height)
      .map((line) => truncate(printableStyled(line).replaceAll('\n', ' '), width, this.#ellipsis))
  }

  /** A terminal that has become narrower has wrapped the old lines: each then takes several rows. */
  #toTop(): string {
    const columns = Math.max(1, this.#stream.columns || 80)
    const rows = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(visibleLength(line) / columns)), 0)
    return rows > 0 ? `\x1b[${rows}A\r` : ''
  }
}

function body(lines: readonly string[]): string {
  return lines.map((line) => `${line}${CLEAR_LINE_END}\n`).join('')
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, index) => line === b[index])
}
