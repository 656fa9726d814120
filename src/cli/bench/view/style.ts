/** Colours and glyphs, as far as the terminal at hand has them. */

export interface Style {
  bold(text: string): string
  dim(text: string): string
  green(text: string): string
  yellow(text: string): string
  red(text: string): string
  cyan(text: string): string
}

export interface Glyphs {
  done: string
  failed: string
  skipped: string
  pending: string
  undone: string
  spinner: readonly string[]
  barFull: string
  barEmpty: string
  separator: string
  plusMinus: string
  ellipsis: string
}

const UNICODE: Glyphs = {
  done: '✔',
  failed: '✖',
  skipped: '–',
  pending: '·',
  undone: '↩',
  spinner: ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'],
  barFull: '━',
  barEmpty: '─',
  separator: ' · ',
  plusMinus: '±',
  ellipsis: '…',
}

const ASCII: Glyphs = {
  done: '+',
  failed: 'x',
  skipped: '-',
  pending: '.',
  undone: '<',
  spinner: ['|', '/', '-', '\\'],
  barFull: '=',
  barEmpty: '.',
  separator: ', ',
  plusMinus: '+/-',
  ellipsis: '...',
}

type Environment = Readonly<Record<string, string | undefined>>

/** https://no-color.org: any value that is not empty turns colours off. */
export function createStyle(enabled: boolean): Style {
  const paint = (open: number, close: number) => (text: string) =>
    enabled && text ? `\x1b[${open}m${text}\x1b[${close}m` : text
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    green: paint(32, 39),
    yellow: paint(33, 39),
    red: paint(31, 39),
    cyan: paint(36, 39),
  }
}

export function usesColor(isTerminal: boolean, env: Environment): boolean {
  return isTerminal && !env.NO_COLOR && env.TERM !== 'dumb'
}

/** What the locale says; macOS and the Windows Terminal do without one. */
export function chooseGlyphs(env: Environment, platform: NodeJS.Platform): Glyphs {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || ''
  const capable = /utf-?8/i.test(locale) || platform === 'darwin' || env.WT_SESSION !== undefined
  return capable && env.TERM !== 'linux' ? UNICODE : ASCII
}

/** Plain text in lines of at most `width` columns, broken between words; a longer word has a line of its own. */
export function wrapWords(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && visibleLength(longer) > width) {
      lines.push(line)
      line = word
    } else line = longer
  }
  return [...lines, line]
}

/** How far a cut moves back to the end of a word; a longer word is cut itself. */
const LONGEST_WORD = 24

/** Cuts to `width` columns between words, not counting escape sequences. Every character that is printed here is one column wide. */
export function truncate(line: string, width: number, ellipsis: string): string {
  if (visibleLength(line) <= width) return line
  const room = findWordEnd(withoutEscapes(line), Math.max(0, width - ellipsis.length))
  let kept = ''
  let length = 0
  let styled = false
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  for (const [token] of line.matchAll(/\x1b\[[\d;]*m|./gsu)) {
    const isEscape = token.startsWith('\x1b[')
    if (!isEscape && length === room) break
    kept += token
    if (isEscape) styled = true
    else length++
  }
  return `${kept}${ellipsis.slice(0, width)}${styled ? '\x1b[0m' : ''}`
}

function findWordEnd(characters: readonly string[], room: number): number {
  if (characters[room] === ' ') return room
  const space = characters.lastIndexOf(' ', room)
  return space > 0 && room - space <= LONGEST_WORD ? space : room
}

export function visibleLength(line: string): number {
  return withoutEscapes(line).length
}

function withoutEscapes(line: string): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  return [...line.replaceAll(/\x1b\[[\d;]*m/g, '')]
}
