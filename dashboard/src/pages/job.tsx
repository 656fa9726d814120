/** One job: what it was asked for, how it goes, what it answered, and why it failed where it did. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import type { Job } from '../../../src/contract/schemas/job.ts'
import { WorkloadResult } from '../../../src/contract/schemas/workload.ts'
import { formatWork } from '../../../src/core/format.ts'
import { isFinal, JOB_TRANSITIONS } from '../../../src/core/transitions.ts'
import { client } from '../api/client.ts'
import { clusterQuery, jobQuery } from '../api/queries.ts'
import { ConfirmButton } from '../parts/confirm-button.tsx'
import { FailureNote } from '../parts/error-note.tsx'
import { Facts, toFacts } from '../parts/facts.tsx'
import { FailedPage } from '../parts/failed-page.tsx'
import { formatSeconds, formatThroughput, secondsBetween, shortId } from '../parts/format.ts'
import { LiveJob } from '../parts/live/live-job.tsx'
import { LoadingPage } from '../parts/loading-page.tsx'
import { usePageTitle } from '../parts/page-title.ts'
import { Status } from '../parts/status.tsx'
import { TimeAgo } from '../parts/time.tsx'

export function JobPage() {
  const { clusterId, jobId } = useParams({ from: '/signed-in/clusters/$clusterId/jobs/$jobId' })
  const { data: job, error, refetch } = useQuery(jobQuery(clusterId, jobId))
  const { data: cluster, isFetched } = useQuery(clusterQuery(clusterId))
  usePageTitle(`Job ${shortId(jobId)}`)
  if (!job && error) return <FailedPage thing="job" error={error} onRetry={() => void refetch()} />
  if (!job || !isFetched) return <LoadingPage />
  const hasEnded = isFinal(JOB_TRANSITIONS, job.status)
  return (
    <>
      <p className="trail">
        <Link to="/clusters">Clusters</Link> /{' '}
        <Link to="/clusters/$clusterId" params={{ clusterId }}>
          {cluster?.name ?? shortId(clusterId)}
        </Link>
      </p>
      <header className="heading">
        <h1>{job.job_kind}</h1>
        <Status status={job.status} />
        {!hasEnded && <CancelJob job={job} />}
      </header>
      {hasEnded && (job.error_code !== null || job.error_message !== null) && (
        <FailureNote code={job.error_code} why={job.error_message} />
      )}
      <div className="cards">
        <section className="card" aria-label="Result">
          <h2>Result</h2>
          <Facts facts={resultFacts(job)} />
        </section>
        <section className="card" aria-label="Timeline">
          <h2>Timeline</h2>
          <Facts facts={timelineFacts(job)} />
        </section>
        <section className="card" aria-label="Parameters">
          <h2>Parameters</h2>
          <Facts facts={toFacts(job.params)} />
        </section>
      </div>
      <section className="card now" aria-label="Telemetry and log">
        <h2>{hasEnded ? 'Telemetry and log' : 'Live'}</h2>
        <LiveJob key={jobId} job={job} cluster={cluster} />
      </section>
      {job.output_payload && (
        <details>
          <summary>Full workload result</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must scroll by keyboard, too */}
          <pre tabIndex={0}>{JSON.stringify(job.output_payload, null, 2)}</pre>
        </details>
      )}
    </>
  )
}

function CancelJob({ job }: { job: Job }) {
  const queryClient = useQueryClient()
  const params = { cluster_id: job.cluster_id, job_id: job.job_id }
  const cancel = async () => {
    const cancelled = await client.call('cancelJob', { params })
    queryClient.setQueryData(jobQuery(job.cluster_id, job.job_id).queryKey, cancelled)
  }
  if (job.cancel_requested) return <span className="dim">cancelling…</span>
  return (
    <div className="actions">
      <ConfirmButton
        route="cancelJob"
        label="Cancel job"
        title="Cancel this job?"
        confirm="Cancel job"
        refuse="Keep running"
        action={cancel}
      >
        <p>The agent stops the job within seconds. The job will have no result.</p>
      </ConfirmButton>
    </div>
  )
}

function resultFacts({ metrics, output_payload }: Job) {
  const result = WorkloadResult.safeParse(output_payload).data
  return [
    ['Throughput', <strong key="throughput">{formatThroughput(metrics?.throughput)}</strong>],
    ['Duration', formatSeconds(metrics?.duration_seconds)],
    [
      'Timed window',
      result && `${formatSeconds(result.timed_seconds)}, ${formatWork(result.work.amount, result.work.unit)}`,
    ],
    ['Warm-up', result && `${result.warmup.steps} steps, ${formatSeconds(result.warmup.seconds)}`],
    ...(result?.loss ? [['Loss', `${result.loss.first.toFixed(3)} to ${result.loss.last.toFixed(3)}`] as const] : []),
    ['Device', result?.device.name],
    ['PyTorch', result?.software.pytorch],
  ] as const
}

function timelineFacts(job: Job) {
  return [
    ['Created', <TimeAgo key="created" at={job.created_at} />],
    ['Started', <TimeAgo key="started" at={job.started_at} absent="not yet" />],
    ['Ended', <TimeAgo key="ended" at={job.finished_at} absent="not yet" />],
    ['Waited', formatSeconds(secondsBetween(job.created_at, job.started_at))],
    ['Time limit', formatSeconds(job.timeout_seconds)],
    ['Run', job.run_id && <RunLink key="run" runId={job.run_id} />],
    ['Job id', <code key="id">{job.job_id}</code>],
  ] as const
}

function RunLink({ runId }: { runId: string }) {
  return (
    <Link to="/runs/$runId" params={{ runId }}>
      {shortId(runId)}
    </Link>
  )
}
