/** How a job stands in a list. */
import { Link } from '@tanstack/react-router'
import type { JobSummary } from '../../../src/contract/schemas/job.ts'
import { formatSeconds, formatThroughput, shortId } from './format.ts'
import { Status } from './status.tsx'
import type { Column } from './table.tsx'
import { TimeAgo } from './time.tsx'

export const JOB_COLUMNS: readonly Column<JobSummary>[] = [
  {
    heading: 'Job',
    sortBy: ({ job_kind }) => job_kind,
    show: (job) => (
      <>
        <JobLink job={job} />{' '}
        <code className="dim" title={job.job_id}>
          {shortId(job.job_id)}
        </code>
      </>
    ),
  },
  { heading: 'Status', sortBy: ({ status }) => status, show: ({ status }) => <Status status={status} /> },
  { heading: 'Progress', show: describeProgress },
  {
    heading: 'Throughput',
    isNumber: true,
    sortBy: ({ metrics }) => metrics?.throughput?.value ?? null,
    show: ({ metrics }) => formatThroughput(metrics?.throughput),
  },
  {
    heading: 'Duration',
    isNumber: true,
    sortBy: ({ metrics }) => metrics?.duration_seconds ?? null,
    show: ({ metrics }) => formatSeconds(metrics?.duration_seconds),
  },
  { heading: 'Created', sortBy: ({ created_at }) => created_at, show: ({ created_at }) => <TimeAgo at={created_at} /> },
]

export function JobLink({ job: { cluster_id: clusterId, job_id: jobId, job_kind } }: { job: JobSummary }) {
  return (
    <Link to="/clusters/$clusterId/jobs/$jobId" params={{ clusterId, jobId }}>
      {job_kind}
    </Link>
  )
}

function describeProgress({ status, progress, error_code }: JobSummary) {
  if (error_code !== null) return <code>{error_code}</code>
  if (status !== 'running' || progress?.step == null || !progress.total_steps) return '–'
  return `${Math.floor((progress.step / progress.total_steps) * 100)} %`
}
