/**
 * The one table: its head stays in sight while its rows scroll, it is sorted by a click on a heading, minor columns make room
 * where it is narrow, and on a phone each row is a card.
 */
import {
  type ColumnDef,
  columnVisibilityFeature,
  createSortedRowModel,
  type RowData,
  rowSortingFeature,
  sortFn_alphanumeric,
  sortFn_basic,
  tableFeatures,
  useTable,
} from '@tanstack/react-table'
import { type ReactNode, useMemo, useSyncExternalStore } from 'react'

export interface Column<T extends RowData> {
  heading: string
  show: (item: T) => ReactNode
  /** What its rows are sorted by, `null` last; where it is absent, the column is not sorted. */
  sortBy?: (item: T) => string | number | null
  /** Numbers stand under each other, and are sorted from the largest. */
  isNumber?: boolean
  /** Left out where the window is narrow: the page of the thing has it. */
  isMinor?: boolean
  /** A drawing of the number beside it: its heading is for those who do not see it. */
  isDrawn?: boolean
  /** What stands in for a cell while it loads, where that is not one line. */
  place?: 'two lines' | 'button'
}

interface TableProps<T extends RowData> {
  label: string
  columns: readonly Column<T>[]
  keyOf: (item: T) => string
  /** Undefined while they load. */
  items: readonly T[] | undefined
  /** As many as stand in for those that load, so that little moves when they come. */
  skeletonRows?: number
  /** It is being read anew. */
  isBusy?: boolean
  className?: string
}

const features = tableFeatures({
  columnVisibilityFeature,
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
})

const NONE: never[] = []

export function Table<T extends RowData>({
  label,
  columns,
  keyOf,
  items,
  skeletonRows = 5,
  isBusy = false,
  className = '',
}: TableProps<T>) {
  const isNarrow = useIsNarrow()
  const definitions = useMemo(() => columns.map(toDefinition), [columns])
  const columnVisibility = useMemo(
    () => Object.fromEntries(columns.map(({ heading, isMinor }) => [heading, !(isMinor && isNarrow)])),
    [columns, isNarrow],
  )
  const table = useTable({
    features,
    columns: definitions,
    data: items ?? NONE,
    getRowId: keyOf,
    state: { columnVisibility },
    // Items are read anew all the time: the order that was chosen stays.
    autoResetSorting: false,
  })
  const byHeading = new Map(columns.map((column) => [column.heading, column]))
  const shown = columns.filter(({ heading }) => columnVisibility[heading])
  return (
    <section
      className={`table ${className}`}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must scroll by keyboard, too
      tabIndex={0}
      aria-busy={isBusy}
    >
      <table>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id}>
              {group.headers.map(({ column }) => {
                const { heading, isNumber, isDrawn } = byHeading.get(column.id) ?? { heading: column.id }
                return (
                  <th
                    key={column.id}
                    scope="col"
                    className={isNumber ? 'number' : undefined}
                    aria-sort={column.getCanSort() ? ARIA_SORT[column.getIsSorted() || 'none'] : undefined}
                  >
                    {column.getCanSort() ? (
                      <button type="button" className="sort" onClick={column.getToggleSortingHandler()}>
                        {heading}
                      </button>
                    ) : (
                      <span className={isDrawn ? 'unseen' : undefined}>{heading}</span>
                    )}
                  </th>
                )
              })}
            </tr>
          ))}
        </thead>
        <tbody>
          {items ? (
            table.getRowModel().rows.map((row) => (
              <tr key={row.id}>
                {shown.map((column) => (
                  <Cell key={column.heading} column={column}>
                    {column.show(row.original)}
                  </Cell>
                ))}
              </tr>
            ))
          ) : (
            <Skeleton rows={skeletonRows} columns={shown} />
          )}
        </tbody>
      </table>
    </section>
  )
}

const ARIA_SORT = { asc: 'ascending', desc: 'descending', none: 'none' } as const

function toDefinition<T extends RowData>({
  heading,
  sortBy,
  isNumber = false,
}: Column<T>): ColumnDef<typeof features, T> {
  return {
    id: heading,
    header: heading,
    accessorFn: (item) => sortBy?.(item) ?? undefined,
    enableSorting: sortBy !== undefined,
    sortDescFirst: isNumber,
    sortUndefined: 'last',
    sortFn: isNumber ? sortFn_basic : sortFn_alphanumeric,
  }
}

interface CellProps<T extends RowData> {
  column: Column<T>
  children: ReactNode
}

function Cell<T extends RowData>({ column: { heading, isNumber, isDrawn }, children }: CellProps<T>) {
  if (isDrawn) return <td className="drawn">{children}</td>
  return (
    <td data-heading={heading} className={isNumber ? 'number' : undefined}>
      <div>{children}</div>
    </td>
  )
}

/** As high as the rows will be. */
function Skeleton<T extends RowData>({ rows, columns }: { rows: number; columns: readonly Column<T>[] }) {
  return Array.from({ length: rows }, (_, row) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike, and stay where they are
    <tr key={row} className="skeleton">
      {columns.map((column) => (
        <Cell key={column.heading} column={column}>
          <span className={column.place === 'button' ? 'tall' : undefined} />
          {column.place === 'two lines' && <span className="second" />}
        </Cell>
      ))}
    </tr>
  ))
}

const NARROW = window.matchMedia('(max-width: 60rem)')

function useIsNarrow(): boolean {
  return useSyncExternalStore(subscribeToWidth, () => NARROW.matches)
}

function subscribeToWidth(listener: () => void): () => void {
  NARROW.addEventListener('change', listener)
  return () => NARROW.removeEventListener('change', listener)
}
