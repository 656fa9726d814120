/** A list of things, page after page, with something to say while it loads, when it is empty, and when it fails. */
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ErrorNote } from './error-note.tsx'

export interface Column<T> {
  heading: string
  show: (item: T) => ReactNode
  /** Numbers stand under each other. */
  isNumber?: boolean
  /** Left out on a phone: the page of the thing has it. */
  isMinor?: boolean
}

/** As far as they were asked for. */
export type Found<T> = UseInfiniteQueryResult<InfiniteData<{ items: T[] }>>

interface DataTableProps<T> {
  label: string
  columns: readonly Column<T>[]
  keyOf: (item: T) => string
  found: Found<T>
  empty: ReactNode
  /** On a phone two facts stand beside each other, without their headings. */
  isCompact?: boolean
  /** As many as stand in for a first page, so that little moves when it comes. */
  skeletonRows?: number
}

export function DataTable<T>({
  label,
  columns,
  keyOf,
  found,
  empty,
  isCompact = false,
  skeletonRows = 5,
}: DataTableProps<T>) {
  const items = found.data?.pages.flatMap((page) => page.items)
  if (items === undefined && found.error) return <ErrorNote error={found.error} onRetry={() => void found.refetch()} />
  if (items?.length === 0) return <div className="note">{empty}</div>
  return (
    <>
      <section
        className={isCompact ? 'table compact' : 'table'}
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must scroll by keyboard, too
        tabIndex={0}
        aria-busy={found.isPending || found.isPlaceholderData}
      >
        <table>
          <thead>
            <tr>
              {columns.map(({ heading, isNumber }) => (
                <th key={heading} scope="col" className={isNumber ? 'number' : undefined}>
                  {heading}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {items ? (
              items.map((item) => <Row key={keyOf(item)} columns={columns} item={item} />)
            ) : (
              <Skeleton rows={skeletonRows} columns={columns.length} />
            )}
          </tbody>
        </table>
      </section>
      {found.hasNextPage && (
        <button type="button" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {found.isFetchingNextPage ? 'Loading…' : 'Show more'}
        </button>
      )}
    </>
  )
}

function Row<T>({ columns, item }: { columns: readonly Column<T>[]; item: T }) {
  return (
    <tr>
      {columns.map(({ heading, show, isNumber, isMinor }) => (
        <td
          key={heading}
          data-heading={heading}
          className={[isNumber && 'number', isMinor && 'minor'].filter(Boolean).join(' ') || undefined}
        >
          <div>{show(item)}</div>
        </td>
      ))}
    </tr>
  )
}

function Skeleton({ rows, columns }: { rows: number; columns: number }) {
  return Array.from({ length: rows }, (_, row) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike, and stay where they are
    <tr key={row} className="skeleton">
      {Array.from({ length: columns }, (_, column) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: as above
        <td key={column}>
          <span />
        </td>
      ))}
    </tr>
  ))
}
