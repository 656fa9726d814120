/** The Markdown pieces of a report. Text from outside is escaped: it may come from another machine. Pure. */

import { printable, printableLine } from '../core/printable.ts'

/** For running text and table cells: nothing in it becomes markup or mentions a person, and it stays on one line. */
export function escapeText(text: string): string {
  return printableLine(text)
    .replaceAll(/[\\`*_[\]<>|#~]/g, (character) => `\\${character}`)
    .replaceAll('@', '@\u200b')
}

/** The same for several lines, which stay lines. */
export function escapeLines(text: string): string {
  return text.split('\n').map(escapeText).join('\\\n')
}

/** Code that may itself hold backticks. */
export function code(text: string): string {
  const line = printableLine(text).replaceAll('|', '\\|')
  const fence = '`'.repeat(longestRun(line) + 1)
  const padding = line.startsWith('`') || line.endsWith('`') ? ' ' : ''
  return `${fence}${padding}${line}${padding}${fence}`
}

export function codeBlock(block: string, language = ''): string {
  const text = printable(block)
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1))
  return `${fence}${language}\n${text}\n${fence}`
}

/** Cells are Markdown already. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(heading), line(heading.map(() => '---')), ...rows.map(line)].join('\n')
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
}
