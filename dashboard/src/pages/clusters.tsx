/** The clusters of a tenant: found by name and status, newest first, with a heartbeat that ticks. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback } from 'react'
import type { Cluster } from '../../../src/contract/schemas/cluster.ts'
import { clustersQuery } from '../api/queries.ts'
import { CLUSTER_CHOICES, type ClusterChoice, toClusterFilter } from '../parts/cluster/choices.ts'
import { CreateCluster } from '../parts/cluster/create-cluster.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { describeGpus } from '../parts/gpus.tsx'
import { usePageTitle } from '../parts/page-title.ts'
import { SearchInput } from '../parts/search-input.tsx'
import { Status } from '../parts/status.tsx'
import type { Column } from '../parts/table.tsx'
import { TimeAgo } from '../parts/time.tsx'

const COLUMNS: readonly Column<Cluster>[] = [
  {
    heading: 'Name',
    sortBy: ({ name }) => name,
    show: ({ cluster_id, name }) => (
      <Link to="/clusters/$clusterId" params={{ clusterId: cluster_id }} title={name}>
        {name}
      </Link>
    ),
  },
  { heading: 'Status', sortBy: ({ status }) => status, show: ({ status }) => <Status status={status} /> },
  {
    heading: 'Last heartbeat',
    sortBy: ({ last_heartbeat_at }) => last_heartbeat_at,
    show: ({ last_heartbeat_at }) => <TimeAgo at={last_heartbeat_at} />,
  },
  {
    heading: 'GPUs',
    sortBy: ({ capabilities }) => describeGpus(capabilities),
    show: ({ capabilities }) => describeGpus(capabilities),
  },
  { heading: 'Type', isMinor: true, sortBy: ({ type }) => type, show: ({ type }) => type.replaceAll('_', ' ') },
  { heading: 'Created', sortBy: ({ created_at }) => created_at, show: ({ created_at }) => <TimeAgo at={created_at} /> },
]

export function Clusters() {
  usePageTitle('Clusters')
  const filter = useSearch({ from: '/signed-in/clusters' })
  const navigate = useNavigate({ from: '/clusters' })
  const search = useCallback(
    (name: string | undefined) => void navigate({ search: (before) => ({ ...before, name }), replace: true }),
    [navigate],
  )
  const filterBy = (status: ClusterChoice | undefined) =>
    void navigate({ search: (before) => ({ ...before, status }), replace: true })
  const found = useInfiniteQuery(clustersQuery(toClusterFilter(filter)))
  const isFiltered = filter.name !== undefined || filter.status !== undefined
  return (
    <>
      <header className="heading">
        <h1>Clusters</h1>
        <div className="actions">
          <CreateCluster />
        </div>
      </header>
      <search className="filter">
        <SearchInput label="Name" placeholder="part of the name" value={filter.name} onSearch={search} />
        <label>
          Status
          <select
            value={filter.status ?? ''}
            onChange={({ target }) => filterBy(CLUSTER_CHOICES.find((each) => each === target.value))}
          >
            <option value="">not archived</option>
            {CLUSTER_CHOICES.map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>
        </label>
      </search>
      <DataTable
        label="Clusters"
        columns={COLUMNS}
        keyOf={({ cluster_id }) => cluster_id}
        found={found}
        empty={
          isFiltered ? (
            <p>No clusters match. Change the name or the status above. Clusters of past runs are archived.</p>
          ) : (
            <>
              <p>
                <strong>No clusters yet.</strong> A cluster is one or more machines that run your benchmarks.
              </p>
              <p>Create one above, or run a benchmark that brings its own machine:</p>
              <pre>./radix bench run</pre>
            </>
          )
        }
      />
    </>
  )
}
