/** What a benchmark found, as a Markdown table that reads well in a terminal, too. */
import type { Ratio } from './rounds.ts'

export interface Finding {
  /** What was measured, on which side. */
  what: string
  median: string
  p99?: string
  /** Radix over this row, which is then the side that Radix is compared to. */
  ratio?: Ratio
  target?: { text: string; met: boolean }
}

const HEADER = ['', 'median', 'p99', 'Radix ÷ this (lowest–highest)', 'target']

export function renderTable(findings: readonly Finding[]): string {
  const rows = [HEADER, ...findings.map(toCells)]
  const widths = HEADER.map((_, column) => Math.max(3, ...rows.map((cells) => [...(cells[column] ?? '')].length)))
  const line = (cells: readonly string[]) => `| ${cells.map((cell, at) => pad(cell, widths[at] ?? 0)).join(' | ')} |`
  const [header = [], ...body] = rows
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n')
}

export function milliseconds(value: number): string {
  return `${value.toFixed(value < 100 ? 1 : 0)} ms`
}

export function seconds(value: number): string {
  return `${value.toFixed(2)} s`
}

export function perSecond(value: number): string {
  return `${value.toFixed(value < 100 ? 1 : 0)}/s`
}

function toCells({ what, median, p99, ratio, target }: Finding): string[] {
  return [what, median, p99 ?? '', ratio ? renderRatio(ratio) : '', target ? renderTarget(target) : '']
}

function renderRatio({ median, lowest, highest }: Ratio): string {
  const [shown, from, to] = [median, lowest, highest].map((value) => value.toPrecision(value < 1 ? 2 : 3))
  return `${shown} (${from}–${to})`
}

function renderTarget({ text, met }: { text: string; met: boolean }): string {
  return `${text}: ${met ? 'met' : 'NOT MET'}`
}

/** By characters, not bytes: `padEnd` counts UTF-16 units, which is the same for all that is printed here. */
function pad(text: string, width: number): string {
  return text.padEnd(width)
}
