/**
 * Text tables that fit the terminal. If space is short, times are shortened, cells wrap between words, the least
 * important columns are left out, and finally each row becomes a block of lines. No word is broken. Pure.
 */
import { printableLine } from '../../core/printable.ts'
import { visibleLength, wrapWords } from './text-layout.ts'

export type Cell = string | number | null

export interface Column {
  heading: string
  /** What a narrow terminal gets instead of a cell; it stays on one line. */
  shorten?: (cell: string) => string
  /** Columns that may be left out: that with the highest number first. */
  leaveOut?: number
}

const GAP = 2

/** The first column names its row. Empty cells show as a dash; a cell is text on one line. `width`: columns of the terminal. */
export function layOutTable(headings: readonly (string | Column)[], rows: readonly (readonly Cell[])[], width: number) {
  const columns = headings.map((heading): Column => (typeof heading === 'string' ? { heading } : heading))
  const full = { columns, rows: rows.map((row) => columns.map((_, index) => showCell(row[index] ?? null))) }
  if (leastWidthOf(full, naturalWidth) <= width)
    return align(
      full,
      full.columns.map((_, index) => naturalWidth(full, index)),
    )
  let table = shortenCells(full)
  const leftOut: string[] = []
  while (leastWidthOf(table, longestWord) > width) {
    const least = findLeast(table.columns)
    if (least === undefined) return stack(full, width)
    leftOut.push(table.columns[least]?.heading ?? '')
    table = without(table, least)
  }
  const words =
    leftOut.length > 0
      ? `\n${wrapWords(`Columns left out for lack of space: ${leftOut.join(', ')}`, width).join('\n')}`
      : ''
  return `${align(table, chooseWidths(table, width))}${words}`
}

interface Table {
  columns: readonly Column[]
  rows: readonly (readonly string[])[]
}

function showCell(cell: Cell): string {
  return cell === null || cell === '' ? '-' : printableLine(String(cell))
}

function naturalWidth({ columns, rows }: Table, index: number): number {
  return Math.max(...[columns[index]?.heading ?? '', ...rows.map((row) => row[index] ?? '')].map(visibleLength))
}

/** As narrow as the column can be. */
function longestWord(table: Table, index: number): number {
  const { columns, rows } = table
  if (columns[index]?.shorten) return naturalWidth(table, index)
  const words = [columns[index]?.heading ?? '', ...rows.map((row) => row[index] ?? '')].flatMap((text) =>
    text.split(' '),
  )
  return Math.max(...words.map(visibleLength))
}

function leastWidthOf(table: Table, measure: (table: Table, index: number) => number): number {
  return table.columns.reduce((sum, _, index) => sum + measure(table, index) + (index > 0 ? GAP : 0), 0)
}

function shortenCells({ columns, rows }: Table): Table {
  return { columns, rows: rows.map((row) => row.map((cell, index) => columns[index]?.shorten?.(cell) ?? cell)) }
}

function findLeast(columns: readonly Column[]): number | undefined {
  const order = columns.flatMap(({ leaveOut }, index) => (leaveOut === undefined ? [] : [{ leaveOut, index }]))
  return order.sort((a, b) => b.leaveOut - a.leaveOut)[0]?.index
}

function without({ columns, rows }: Table, left: number): Table {
  const keep = <T>(items: readonly T[]) => items.filter((_, index) => index !== left)
  return { columns: keep(columns), rows: rows.map(keep) }
}

/** From the natural widths, the widest column that can be narrower gives way until all of them fit. */
function chooseWidths(table: Table, width: number): number[] {
  const widths = table.columns.map((_, index) => naturalWidth(table, index))
  const least = table.columns.map((_, index) => longestWord(table, index))
  const total = () => widths.reduce((sum, each, index) => sum + each + (index > 0 ? GAP : 0), 0)
  while (total() > width) {
    const narrowable = widths.flatMap((each, index) => (each > (least[index] ?? 0) ? [each] : []))
    if (narrowable.length === 0) break
    const index = widths.findIndex((each, at) => each === Math.max(...narrowable) && each > (least[at] ?? 0))
    widths[index] = (widths[index] ?? 0) - 1
  }
  return widths
}

function align({ columns, rows }: Table, widths: readonly number[]): string {
  return [columns.map(({ heading }) => heading), ...rows].map((row) => alignRow(row, widths)).join('\n')
}

function alignRow(row: readonly string[], widths: readonly number[]): string {
  const cells = row.map((cell, index) => wrapWords(cell, widths[index] ?? 0))
  const lines = Array.from({ length: Math.max(...cells.map(({ length }) => length)) }, (_, line) =>
    cells
      .map((parts, index) => pad(parts[line] ?? '', widths[index] ?? 0))
      .join(' '.repeat(GAP))
      .trimEnd(),
  )
  return lines.join('\n')
}

/** A block of lines for each row, under its first cell. */
function stack({ columns: [, ...columns], rows }: Table, width: number): string {
  const labelWidth = Math.max(0, ...columns.map(({ heading }) => visibleLength(heading)))
  const blocks = rows.map(([name = '', ...cells]) => {
    const lines = cells.flatMap((cell, index) => {
      if (cell === '') return []
      const parts = wrapWords(cell, Math.max(1, width - labelWidth - 2 * GAP))
      return parts.map((part, line) => {
        const label = line === 0 ? (columns[index]?.heading ?? '') : ''
        return `${' '.repeat(GAP)}${pad(label, labelWidth)}${' '.repeat(GAP)}${part}`.trimEnd()
      })
    })
    return [...(name === '' ? [] : wrapWords(name, width)), ...lines].join('\n')
  })
  return blocks.join('\n')
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - visibleLength(text)))
}

const SHORT_NAME = 24

/** A user-chosen name may have any length. */
export function shortenName(cell: string): string {
  const characters = [...cell]
  return characters.length > SHORT_NAME ? `${characters.slice(0, SHORT_NAME - 1).join('')}…` : cell
}

/** `11-27 12:00`: the part of a timestamp that distinguishes the rows of a list. Other text is unchanged. */
export function shortenTime(cell: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(cell) ? cell.slice(5, 16).replace('T', ' ') : cell
}
