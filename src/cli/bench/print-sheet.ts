/** A comparison on a terminal. What machines reported must not steer it. */
import { printableLine } from '../../core/printable.ts'
import type { Sheet } from '../../evidence/compare-sheet.ts'
import { print, printText, renderTable } from '../shared/output.ts'

export function printSheet({ heading, rows, remarks }: Sheet): void {
  print(renderTable(heading, rows))
  if (remarks.length > 0) printText(`\n${remarks.map(printableLine).join('\n')}`)
}
