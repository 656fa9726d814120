/** Images per second as they go; loaded only where it is shown. */
import { useMemo } from 'react'
import type { FeedState } from '../../api/job-feed.ts'
import { formatThroughput } from '../format.ts'
import { LineChart } from './line-chart.tsx'

export function ThroughputChart({ progress }: { progress: FeedState['progress'] }) {
  const { times, lines } = useMemo(() => {
    const points = progress.filter(({ images_per_second }) => images_per_second !== null)
    return {
      times: points.map(({ elapsed_seconds }) => elapsed_seconds),
      lines: [points.map(({ images_per_second }) => images_per_second)],
    }
  }, [progress])
  return (
    <LineChart
      label="Throughput"
      times={times}
      lines={lines}
      format={formatThroughput}
      atLeast={1}
      pointerName="throughput"
      absent="Appears after the first timed step."
    />
  )
}
