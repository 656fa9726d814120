/** The runs of a tenant, newest first. */
import { useInfiniteQuery } from '@tanstack/react-query'
import type { Run } from '../../../src/contract/schemas/run.ts'
import { runsQuery } from '../api/queries.ts'
import { type Column, DataTable } from '../parts/data-table.tsx'
import { Status } from '../parts/status.tsx'
import { TimeAgo } from '../parts/time.tsx'

const COLUMNS: readonly Column<Run>[] = [
  { heading: 'Run', show: ({ run_id }) => <code>{run_id}</code> },
  { heading: 'Status', show: ({ status }) => <Status status={status} /> },
  { heading: 'Verdict', show: ({ verdict }) => (verdict ? <Status status={verdict} /> : '–') },
  {
    heading: 'Throughput',
    isNumber: true,
    show: ({ throughput_images_per_sec: value }) => (value === null ? '–' : `${value.toFixed(1)} images/s`),
  },
  { heading: 'Machine', show: ({ machine, provider }) => machine?.instance_type ?? provider },
  { heading: 'Started', show: ({ created_at }) => <TimeAgo at={created_at} /> },
]

export function Runs() {
  const found = useInfiniteQuery(runsQuery)
  return (
    <>
      <header className="heading">
        <h1>Runs</h1>
      </header>
      <DataTable
        label="Runs"
        columns={COLUMNS}
        keyOf={({ run_id }) => run_id}
        found={found}
        empty={
          <>
            <p>There is no run yet. Start one from a terminal, or from GitHub:</p>
            <pre>radix bench run --trials 3</pre>
          </>
        }
      />
    </>
  )
}
