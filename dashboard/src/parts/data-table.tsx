/** A list of things, page after page, with something to say while it loads, when it is empty, and when it fails. */
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import type { RowData } from '@tanstack/react-table'
import { type ReactNode, useMemo } from 'react'
import { ErrorNote } from './error-note.tsx'
import { type Column, Table } from './table.tsx'

/** As far as they were asked for. */
export type Found<T> = UseInfiniteQueryResult<InfiniteData<{ items: T[] }>>

interface DataTableProps<T extends RowData> {
  label: string
  columns: readonly Column<T>[]
  keyOf: (item: T) => string
  found: Found<T>
  empty: ReactNode
  /** On a phone two facts stand beside each other, without their headings. */
  isCompact?: boolean
  skeletonRows?: number
}

export function DataTable<T extends RowData>(props: DataTableProps<T>) {
  const { label, columns, keyOf, found, empty, isCompact, skeletonRows = 5 } = props
  const { data } = found
  const items = useMemo(() => data?.pages.flatMap((page) => page.items), [data])
  if (items === undefined && found.error) return <ErrorNote error={found.error} onRetry={() => void found.refetch()} />
  if (items?.length === 0) return <div className="note">{empty}</div>
  return (
    <>
      <Table
        label={label}
        columns={columns}
        keyOf={keyOf}
        items={items}
        skeletonRows={skeletonRows}
        isBusy={found.isPending || found.isPlaceholderData}
        className={isCompact ? 'compact' : ''}
      />
      {found.hasNextPage && (
        <p className="more">
          <button type="button" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {found.isFetchingNextPage ? 'Loading…' : 'Show more'}
          </button>{' '}
          <span className="dim">Only the {items?.length} newest are shown and sorted.</span>
        </p>
      )}
    </>
  )
}
