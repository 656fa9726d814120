/** A throughput with its interval, as a list shows it. */
import { formatNumber, formatThroughput } from '../format.ts'

interface ThroughputProps {
  /** Images per second. */
  value: number | null
  interval: { low: number; high: number } | null
}

export function Throughput({ value, interval }: ThroughputProps) {
  return (
    <>
      {formatThroughput(value)}
      {value !== null && interval && (
        <span className="second dim" title="Half of the 95 % interval over the trials">
          ± {formatNumber((interval.high - interval.low) / 2, value < 10 ? 2 : 1)}
        </span>
      )}
    </>
  )
}
