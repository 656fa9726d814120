/** A terminal that stores its screen, for the control sequences of the live view. Unknown ones throw. */
export class FakeTerminal {
  columns: number
  rows: number
  writes = 0
  cursorVisible = true
  readonly #lines: string[] = ['']
  #row = 0
  #column = 0
  readonly #listeners = new Set<() => void>()

  constructor(columns = 100, rows = 40) {
    this.columns = columns
    this.rows = rows
  }

  write(text: string): void {
    this.writes++
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
    for (const [token] of text.matchAll(/\x1b\[[?\d;]*[A-Za-z]|[\s\S]/gu)) this.#apply(token)
  }

  /** Everything that was written and not overwritten, without the empty end. */
  get picture(): string {
    return this.#lines
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd()
  }

  on(_: 'resize', listener: () => void): void {
    this.#listeners.add(listener)
  }

  off(_: 'resize', listener: () => void): void {
    this.#listeners.delete(listener)
  }

  /** Lines that are too long for the new width wrap, as they do in a terminal. */
  resize(columns: number): void {
    this.columns = columns
    const rows = this.#lines.flatMap((line, index) => {
      const parts = line.match(new RegExp(`.{1,${columns}}`, 'gu')) ?? ['']
      if (index === this.#row) this.#row = -1 - parts.length
      return parts
    })
    this.#lines.splice(0, this.#lines.length, ...rows)
    this.#row = this.#lines.length - 1
    for (const listener of this.#listeners) listener()
  }

  get listenerCount(): number {
    return this.#listeners.size
  }

  #apply(token: string): void {
    if (token === '\n') this.#newLine()
    else if (token === '\r') this.#column = 0
    else if (token.startsWith('\x1b[')) this.#control(token.slice(2))
    else this.#put(token)
  }

  /** The text after the control sequence introducer. */
  #control(sequence: string): void {
    const line = this.#lines[this.#row] ?? ''
    if (/^[\d;]*m$/.test(sequence) || /^\?2026[hl]$/.test(sequence)) return
    if (sequence === '?25l') this.cursorVisible = false
    else if (sequence === '?25h') this.cursorVisible = true
    else if (sequence === 'K') this.#lines[this.#row] = [...line].slice(0, this.#column).join('')
    else if (sequence === 'J') {
      this.#lines[this.#row] = [...line].slice(0, this.#column).join('')
      this.#lines.length = this.#row + 1
    } else if (/^\d+A$/.test(sequence)) this.#row = Math.max(0, this.#row - Number(sequence.slice(0, -1)))
    else throw new Error(`the fake terminal does not know ${JSON.stringify(sequence)}`)
  }

  #put(character: string): void {
    if (this.#column >= this.columns) this.#newLine()
    const line = [...(this.#lines[this.#row] ?? '').padEnd(this.#column)]
    line[this.#column] = character
    this.#lines[this.#row] = line.join('')
    this.#column++
  }

  #newLine(): void {
    this.#row++
    this.#column = 0
    this.#lines[this.#row] ??= ''
  }
}
