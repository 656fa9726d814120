/** One cluster: what it is, whether its agent lives, and what it has done. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import type { Job } from '../../../src/contract/schemas/job.ts'
import { clusterQuery, jobsQuery } from '../api/queries.ts'
import { type Column, DataTable } from '../parts/data-table.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { describeGpus } from '../parts/gpus.ts'
import { Status } from '../parts/status.tsx'
import { TimeAgo } from '../parts/time.tsx'

const JOB_COLUMNS: readonly Column<Job>[] = [
  { heading: 'Job', show: ({ job_id }) => <code>{job_id}</code> },
  { heading: 'Status', show: ({ status }) => <Status status={status} /> },
  { heading: 'Throughput', isNumber: true, show: ({ metrics }) => formatImages(metrics?.throughput_images_per_sec) },
  { heading: 'Duration', isNumber: true, show: ({ metrics }) => formatDuration(metrics?.duration_seconds) },
  { heading: 'Created', show: ({ created_at }) => <TimeAgo at={created_at} /> },
]

function formatImages(value: number | undefined): string {
  return value === undefined ? '–' : `${value.toFixed(1)} images/s`
}

function formatDuration(value: number | undefined): string {
  return value === undefined ? '–' : `${value.toFixed(1)} s`
}

export function ClusterPage() {
  const { clusterId } = useParams({ from: '/signed-in/clusters/$clusterId' })
  const { data: cluster, error, refetch } = useQuery(clusterQuery(clusterId))
  const jobs = useInfiniteQuery(jobsQuery(clusterId))
  if (error && !cluster) return <ErrorNote error={error} onRetry={() => void refetch()} />
  return (
    <>
      <p className="trail">
        <Link to="/clusters">Clusters</Link>
      </p>
      <header className="heading">
        <h1>{cluster?.name ?? '…'}</h1>
        {cluster && <Status status={cluster.status} />}
      </header>
      <dl className="facts">
        <dt>Last heartbeat</dt>
        <dd>{cluster ? <TimeAgo at={cluster.last_heartbeat_at} /> : '…'}</dd>
        <dt>GPUs</dt>
        <dd>{cluster ? describeGpus(cluster.capabilities) : '…'}</dd>
        <dt>Agent</dt>
        <dd>{cluster?.agent_version ?? '–'}</dd>
        <dt>Host</dt>
        <dd>{[cluster?.capabilities?.hostname, cluster?.capabilities?.os].filter(Boolean).join(', ') || '–'}</dd>
        <dt>Id</dt>
        <dd>
          <code>{clusterId}</code>
        </dd>
      </dl>
      <h2>Jobs</h2>
      <DataTable
        label="Jobs of this cluster"
        columns={JOB_COLUMNS}
        keyOf={({ job_id }) => job_id}
        found={jobs}
        empty={<p>This cluster has run nothing yet.</p>}
      />
    </>
  )
}
