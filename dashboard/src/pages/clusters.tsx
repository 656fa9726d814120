/** The clusters of a tenant: found by name and status, newest first, with a heartbeat that ticks. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import type { Cluster } from '../../../src/contract/schemas/cluster.ts'
import { CLUSTER_STATUSES, type ClusterStatus } from '../../../src/core/transitions.ts'
import { clustersQuery } from '../api/queries.ts'
import { type Column, DataTable } from '../parts/data-table.tsx'
import { describeGpus } from '../parts/gpus.ts'
import { Status } from '../parts/status.tsx'
import { TimeAgo } from '../parts/time.tsx'

const COLUMNS: readonly Column<Cluster>[] = [
  {
    heading: 'Name',
    show: ({ cluster_id, name }) => (
      <Link to="/clusters/$clusterId" params={{ clusterId: cluster_id }}>
        {name}
      </Link>
    ),
  },
  { heading: 'Status', show: ({ status }) => <Status status={status} /> },
  { heading: 'Last heartbeat', show: ({ last_heartbeat_at }) => <TimeAgo at={last_heartbeat_at} /> },
  { heading: 'GPUs', show: ({ capabilities }) => describeGpus(capabilities) },
  { heading: 'Type', show: ({ type }) => type.replaceAll('_', ' ') },
  { heading: 'Created', show: ({ created_at }) => <TimeAgo at={created_at} /> },
]

export function Clusters() {
  const filter = useSearch({ from: '/signed-in/clusters' })
  const found = useInfiniteQuery(clustersQuery(filter))
  const isFiltered = filter.name !== undefined || filter.status !== undefined
  return (
    <>
      <header className="heading">
        <h1>Clusters</h1>
      </header>
      <ClusterFilter />
      <DataTable
        label="Clusters"
        columns={COLUMNS}
        keyOf={({ cluster_id }) => cluster_id}
        found={found}
        empty={
          isFiltered ? (
            <p>No cluster fits. Change the name or the status above.</p>
          ) : (
            <>
              <p>There is no cluster yet. Create one where your GPUs are:</p>
              <pre>radix cluster create my-gpu-box</pre>
              <p>or let a benchmark bring its own: `radix bench run`.</p>
            </>
          )
        }
      />
    </>
  )
}

function ClusterFilter() {
  const { name, status } = useSearch({ from: '/signed-in/clusters' })
  const navigate = useNavigate({ from: '/clusters' })
  const change = (part: { name?: string | undefined; status?: ClusterStatus | undefined }) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true })
  return (
    <search className="filter">
      <label>
        Name
        <input
          type="search"
          defaultValue={name}
          placeholder="part of the name"
          maxLength={100}
          onChange={({ target }) => change({ name: target.value || undefined })}
        />
      </label>
      <label>
        Status
        <select
          value={status ?? ''}
          onChange={({ target }) => change({ status: CLUSTER_STATUSES.find((each) => each === target.value) })}
        >
          <option value="">any</option>
          {CLUSTER_STATUSES.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
    </search>
  )
}
