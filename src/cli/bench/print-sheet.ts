/** A comparison on a terminal. What machines reported must not steer it. */

import { printable } from '../../core/printable.ts'
import type { Sheet } from '../../evidence/compare-sheet.ts'
import { print, renderTable } from '../shared/output.ts'

export function printSheet({ heading, rows, remarks }: Sheet): void {
  print(
    renderTable(
      heading.map(printable),
      rows.map((row) => row.map(printable)),
    ),
  )
  if (remarks.length > 0) print(`\n${remarks.map(printable).join('\n')}`)
}
