/** The runs of a tenant, newest first. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import type { Run } from '../../../src/contract/schemas/run.ts'
import { RUN_STATUSES } from '../../../src/core/transitions.ts'
import { runsQuery } from '../api/queries.ts'
import { type Column, DataTable } from '../parts/data-table.tsx'
import { formatSeconds, formatThroughput, secondsBetween, shortId } from '../parts/format.ts'
import { usePageTitle } from '../parts/page-title.ts'
import { Status } from '../parts/status.tsx'
import { StatusFilter } from '../parts/status-filter.tsx'
import { TimeAgo } from '../parts/time.tsx'

const COLUMNS: readonly Column<Run>[] = [
  {
    heading: 'Run',
    show: ({ run_id, cluster_name }) => (
      <>
        <Link to="/runs/$runId" params={{ runId: run_id }}>
          {cluster_name}
        </Link>{' '}
        <code className="dim" title={run_id}>
          {shortId(run_id)}
        </code>
      </>
    ),
  },
  { heading: 'Status', show: ({ status }) => <Status status={status} /> },
  { heading: 'Verdict', show: ({ verdict }) => (verdict ? <Status status={verdict} /> : '–') },
  {
    heading: 'Throughput',
    isNumber: true,
    show: ({ throughput_images_per_sec }) => formatThroughput(throughput_images_per_sec),
  },
  { heading: 'Machine', show: ({ machine, provider }) => machine?.instance_type ?? provider },
  {
    heading: 'Took',
    isNumber: true,
    show: ({ created_at, ended_at }) => formatSeconds(secondsBetween(created_at, ended_at)),
  },
  { heading: 'Started', show: ({ created_at }) => <TimeAgo at={created_at} /> },
]

export function Runs() {
  usePageTitle('Runs')
  const filter = useSearch({ from: '/signed-in/runs' })
  const navigate = useNavigate({ from: '/runs' })
  const found = useInfiniteQuery(runsQuery(filter))
  return (
    <>
      <header className="heading">
        <h1>Runs</h1>
      </header>
      <search className="filter">
        <StatusFilter
          statuses={RUN_STATUSES}
          value={filter.status}
          onChange={(status) => void navigate({ search: { status }, replace: true })}
        />
      </search>
      <DataTable
        label="Runs"
        columns={COLUMNS}
        keyOf={({ run_id }) => run_id}
        found={found}
        empty={
          filter.status === undefined ? (
            <>
              <p>
                <strong>There is no run yet.</strong> A run measures a machine and ends in evidence.
              </p>
              <p>
                Start one with a click on an active <Link to="/clusters">cluster</Link>, from GitHub, or from a
                terminal:
              </p>
              <pre>radix bench run --trials 3</pre>
            </>
          ) : (
            <p>No run is {filter.status.replaceAll('_', ' ')}. Choose another status above.</p>
          )
        }
      />
    </>
  )
}
