/** A job as it goes, or as it went: progress, throughput, what its GPUs did, and the end of its log. */
import { lazy, Suspense, useState } from 'react'
import type { Cluster } from '../../../../src/contract/schemas/cluster.ts'
import type { JobSummary } from '../../../../src/contract/schemas/job.ts'
import { isFinal, JOB_TRANSITIONS } from '../../../../src/core/transitions.ts'
import { useJobFeed } from '../../api/use-job-feed.ts'
import { loadChunk } from '../chunks.ts'
import { hasGpus } from '../gpus.tsx'
import { LogTail } from './log-tail.tsx'
import { ProgressBar } from './progress-bar.tsx'

const GpuCharts = lazy(() => loadChunk(async () => ({ default: (await import('./gpu-charts.tsx')).GpuCharts })))
const ThroughputChart = lazy(() =>
  loadChunk(async () => ({ default: (await import('./throughput-chart.tsx')).ThroughputChart })),
)

const CONNECTIONS = {
  connecting: 'connecting…',
  live: 'live',
  broken: 'connection lost, reconnecting…',
  ended: '',
} as const

interface LiveJobProps {
  /** As it was read last: what is shown until the stream has more. */
  job: JobSummary
  /** The place of its GPUs is kept until samples come, so that nothing moves then. */
  cluster: Cluster | undefined
}

export function LiveJob({ job: read, cluster }: LiveJobProps) {
  const { connection, job = read, progress, log, samples } = useJobFeed(read.cluster_id, read.job_id)
  const isLive = connection !== 'ended'
  // What was followed keeps its place when it ends.
  const [isFollowed] = useState(!isFinal(JOB_TRANSITIONS, read.status))
  return (
    <div className={isFollowed ? 'live now' : 'live'}>
      <ProgressBar job={job} progress={progress.at(-1) ?? job.progress} />
      <p className="connection dim" role="status">
        {CONNECTIONS[connection]}
      </p>
      <div className="charts">
        <Suspense fallback={<div className="chart empty" />}>
          <ThroughputChart progress={progress} />
        </Suspense>
      </div>
      {(samples.length > 0 || hasGpus(cluster)) && <h3>GPUs</h3>}
      {samples.length === 0 && hasGpus(cluster) && (
        <p className={isFollowed ? 'charts empty dim' : 'dim'}>
          {isLive ? 'Samples arrive once a second while the job runs.' : 'No samples were recorded.'}
        </p>
      )}
      {samples.length > 0 && (
        <Suspense fallback={<div className="charts empty" />}>
          <GpuCharts samples={samples} cluster={cluster} />
        </Suspense>
      )}
      <h3>Log</h3>
      <LogTail lines={log} isLive={isLive} />
    </div>
  )
}
