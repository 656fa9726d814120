/** One cluster: what it is, whether its agent lives, what it does now, and what it has done. */
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { Cluster } from '../../../src/contract/schemas/cluster.ts'
import type { JobSummary } from '../../../src/contract/schemas/job.ts'
import { HELD_JOB_STATUSES, isFinal, JOB_TRANSITIONS } from '../../../src/core/transitions.ts'
import { client } from '../api/client.ts'
import { clusterQuery, jobsQuery } from '../api/queries.ts'
import { BenchmarkButton } from '../parts/cluster/benchmark.tsx'
import { OnboardButton } from '../parts/cluster/onboard.tsx'
import { ConfirmButton } from '../parts/confirm-button.tsx'
import { DataTable, type Found } from '../parts/data-table.tsx'
import { Facts } from '../parts/facts.tsx'
import { FailedPage } from '../parts/failed-page.tsx'
import { formatBytes, shortId } from '../parts/format.ts'
import { GpuTable } from '../parts/gpus.tsx'
import { JOB_COLUMNS, JobLink } from '../parts/job-columns.tsx'
import { LiveJob } from '../parts/live/live-job.tsx'
import { LoadingPage } from '../parts/loading-page.tsx'
import { usePageTitle } from '../parts/page-title.ts'
import { Status } from '../parts/status.tsx'
import type { Column } from '../parts/table.tsx'
import { TimeAgo, useNow } from '../parts/time.tsx'

const COLUMNS: readonly Column<JobSummary>[] = [
  ...JOB_COLUMNS,
  {
    heading: 'Run',
    isMinor: true,
    show: ({ run_id }) =>
      run_id === null ? (
        '–'
      ) : (
        <Link to="/runs/$runId" params={{ runId: run_id }}>
          {shortId(run_id)}
        </Link>
      ),
  },
]

export function ClusterPage() {
  const { clusterId } = useParams({ from: '/signed-in/clusters/$clusterId' })
  const { data: cluster, error, refetch } = useQuery(clusterQuery(clusterId))
  const jobs = useInfiniteQuery(jobsQuery(clusterId))
  usePageTitle(cluster?.name ?? 'Cluster')
  if (!cluster && error) return <FailedPage thing="cluster" error={error} onRetry={() => void refetch()} />
  // Together: what runs now stands above the rest.
  if (!cluster || !jobs.isFetched) return <LoadingPage />
  const latest = jobs.data?.pages[0]?.items ?? []
  const queued = latest.filter(({ status }) => !isFinal(JOB_TRANSITIONS, status)).length
  return (
    <>
      <p className="trail">
        <Link to="/clusters">Clusters</Link>
      </p>
      <header className="heading">
        <h1>{cluster.name}</h1>
        <Status status={cluster.status} />
        <Actions cluster={cluster} />
      </header>
      <Advice cluster={cluster} />
      <div className="cards">
        <section className="card" aria-label="Agent">
          <h2>Agent</h2>
          <Facts facts={agentFacts(cluster)} />
        </section>
        <section className="card" aria-label="Machine">
          <h2>Machine</h2>
          <Facts facts={machineFacts(cluster)} />
        </section>
      </div>
      <RunningNow key={clusterId} cluster={cluster} jobs={jobs} />
      {cluster.capabilities && (
        <>
          <h2>GPUs</h2>
          <GpuTable capabilities={cluster.capabilities} />
        </>
      )}
      <h2>Jobs {queued > 0 && <span className="dim">({queued} unfinished)</span>}</h2>
      <DataTable
        label="Jobs of this cluster"
        columns={COLUMNS}
        keyOf={({ job_id }) => job_id}
        found={jobs}
        empty={<p>No jobs yet. Run a benchmark to create the first one.</p>}
      />
    </>
  )
}

/**
 * What runs when the page is opened is shown here, and so is what follows it. Of what begins later there is a line, whose
 * place was kept, so that nothing moves under the eyes: its own page, or a reload of this one, shows it live.
 */
function RunningNow({ cluster, jobs }: { cluster: Cluster; jobs: Found<JobSummary> }) {
  const latest = jobs.data?.pages[0]?.items ?? []
  const [shown, setShown] = useState<JobSummary>()
  const running = latest.filter(isRunning)
  const current = running.find(({ job_id }) => job_id === shown?.job_id) ?? running[0]
  // A list that was read on an earlier visit does not say what runs now.
  const isFresh = jobs.isSuccess && (jobs.isFetchedAfterMount || !jobs.isFetching)
  const [isFollowing, setFollowing] = useState<boolean>()
  if (isFollowing === undefined && (current || isFresh)) setFollowing(current !== undefined)
  // A short job may begin and end between two reads of the list.
  const begun = current ?? latest.find(({ started_at }) => started_at !== null)
  if (isFollowing && begun && begun.job_id !== shown?.job_id) setShown(begun)
  if (!isFollowing && cluster.status !== 'active' && cluster.status !== 'unreachable') return null
  const named = current ?? shown
  // Jobs run in the order in which they were made: behind a page of those that wait there may be one that runs.
  const isKnown = !jobs.hasNextPage || latest.some(({ status }) => status !== 'queued')
  return (
    <section className="card now" aria-label="Running now">
      <h2>
        {current || !shown ? 'Running now: ' : 'Last: '}
        {named ? <JobLink job={named} /> : isKnown ? 'nothing' : 'see the jobs below'}
      </h2>
      {shown && (
        <LiveJob
          key={shown.job_id}
          job={latest.find(({ job_id }) => job_id === shown.job_id) ?? shown}
          cluster={cluster}
        />
      )}
    </section>
  )
}

const isRunning = ({ status }: JobSummary) => HELD_JOB_STATUSES.includes(status)

function Actions({ cluster }: { cluster: Cluster }) {
  const queryClient = useQueryClient()
  if (cluster.status === 'archived') return null
  const archive = async () => {
    const archived = await client.call('archiveCluster', { params: { cluster_id: cluster.cluster_id } })
    queryClient.setQueryData(clusterQuery(cluster.cluster_id).queryKey, archived)
    await queryClient.invalidateQueries({ queryKey: ['clusters'] })
  }
  return (
    <div className="actions">
      {cluster.status === 'active' && <BenchmarkButton cluster={cluster} />}
      <OnboardButton cluster={cluster} />
      <ConfirmButton
        route="archiveCluster"
        label="Archive"
        title={`Archive ${cluster.name}?`}
        confirm="Archive"
        refuse="Keep cluster"
        action={archive}
      >
        <p>
          Its agent loses access, and its unfinished jobs are cancelled. Finished jobs, runs and evidence stay readable.
        </p>
        <p>
          <strong>This cannot be undone.</strong>
        </p>
      </ConfirmButton>
    </div>
  )
}

/** What to do where there is something to be done. */
function Advice({ cluster: { status, archived_at } }: { cluster: Cluster }) {
  if (status === 'pending') return <p className="note">No machine has joined yet. Connect one to run jobs.</p>
  if (status === 'unreachable') {
    return (
      <p className="note bad">
        Its agent has missed three heartbeats. On the machine, check that the agent is running and can reach this
        control plane. It reconnects automatically. The command of <em>Connect a machine</em> starts it again.
      </p>
    )
  }
  if (status !== 'archived') return null
  return (
    <p className="note">
      Archived <TimeAgo at={archived_at} />. Its jobs, runs and evidence stay readable.
    </p>
  )
}

function agentFacts(cluster: Cluster) {
  const interval = cluster.heartbeat_interval_seconds
  return [
    ['Last heartbeat', <TimeAgo key="heartbeat" at={cluster.last_heartbeat_at} />],
    ['Heartbeats', interval === null ? null : <Heartbeats key="heartbeats" cluster={cluster} interval={interval} />],
    ['Version', cluster.agent_version],
    ['Executors', cluster.capabilities?.executors?.join(', ')],
    ['Type', cluster.type.replaceAll('_', ' ')],
    ['Created', <TimeAgo key="created" at={cluster.created_at} />],
  ] as const
}

/** How often, and how many are missing by now. */
function Heartbeats({ cluster, interval }: { cluster: Cluster; interval: number }) {
  const now = useNow()
  const { status, last_heartbeat_at } = cluster
  const isExpected = (status === 'active' || status === 'unreachable') && last_heartbeat_at !== null
  const missed = isExpected ? Math.floor(((now - Date.parse(last_heartbeat_at)) / 1000 - LATE_SECONDS) / interval) : 0
  return (
    <>
      every {interval} s{missed > 0 && ', '}
      {missed > 0 && <span className="status bad">{missed} missed</span>}
    </>
  )
}

/** What a heartbeat and the next reading of it here may take, before it counts as missed. */
const LATE_SECONDS = 6

function machineFacts({ capabilities, cluster_id }: Cluster) {
  const cpu = capabilities?.cpu
  return [
    ['Host', capabilities?.hostname],
    ['System', [capabilities?.os, capabilities?.architecture].filter(Boolean).join(', ') || null],
    ['CPU', cpu && `${cpu.model}, ${cpu.cores} cores`],
    ['Memory', formatBytes(capabilities?.memory_total_bytes)],
    ['Cluster id', <code key="id">{cluster_id}</code>],
  ] as const
}
