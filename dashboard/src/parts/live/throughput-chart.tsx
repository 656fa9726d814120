/** The rate of a workload as it goes; loaded only where it is shown. */
import { useMemo } from 'react'
import { scaleOf } from '../../../../src/core/format.ts'
import type { FeedState } from '../../api/job-feed.ts'
import { formatThroughput } from '../format.ts'
import { LineChart } from './line-chart.tsx'

export function ThroughputChart({ progress }: { progress: FeedState['progress'] }) {
  const { times, lines, unit } = useMemo(() => {
    const points = progress.flatMap(({ throughput, elapsed_seconds }) =>
      throughput ? [{ ...throughput, elapsed_seconds }] : [],
    )
    const largest = { value: Math.max(0, ...points.map(({ value }) => value)), unit: points[0]?.unit ?? '' }
    const { divisor, unit } = scaleOf(largest)
    return {
      times: points.map(({ elapsed_seconds }) => elapsed_seconds),
      lines: [points.map(({ value }) => value / divisor)],
      unit,
    }
  }, [progress])
  return (
    <LineChart
      label="Throughput"
      times={times}
      lines={lines}
      format={(value) => formatThroughput({ value, unit })}
      atLeast={1}
      pointerName="throughput"
      absent="Appears after the first timed step."
    />
  )
}
