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
