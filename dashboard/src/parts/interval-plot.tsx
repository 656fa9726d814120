import { clipInterval } from './format.ts'

/**
 * Values beside one another on one axis, each with its interval: a dot and a whisker. The same axis stands for all rows of a
 * table, so that they can be compared by eye; the numbers stand beside it for everybody else.
 */
export interface Interval {
  low: number
  high: number
}

export interface PlotAxis {
  low: number
  high: number
}

const WIDTH = 200
const HEIGHT = 18
const EDGE = 8

/** Around the values and their intervals, not from zero: what differs is to be seen. */
export function axisOf(values: readonly number[], intervals: readonly (Interval | null)[]): PlotAxis {
  const ends = [...values, ...intervals.flatMap((each) => (each ? Object.values(clipInterval(each)) : []))]
  if (ends.length === 0) return { low: 0, high: 1 }
  const [low, high] = [Math.min(...ends), Math.max(...ends)]
  const margin = (high - low || high || 1) * 0.05
  return { low: low - margin, high: high + margin }
}

interface IntervalPlotProps {
  value: number
  interval: Interval | null
  axis: PlotAxis
  /** In words, for who does not see it. */
  label: string
}

export function IntervalPlot({ value, interval, axis, label }: IntervalPlotProps) {
  const shown = interval && clipInterval(interval)
  const xOf = (each: number) => EDGE + ((each - axis.low) / (axis.high - axis.low || 1)) * (WIDTH - 2 * EDGE)
  const middle = HEIGHT / 2
  return (
    <svg
      className="interval"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
      height={HEIGHT}
      role="img"
      aria-label={label}
    >
      <line className="axis" x1="0" x2={WIDTH} y1={middle} y2={middle} />
      {shown && (
        <rect
          x={xOf(shown.low)}
          width={Math.max(2, xOf(shown.high) - xOf(shown.low))}
          y={middle - 5}
          height="10"
          rx="3"
        />
      )}
      <circle cx={xOf(value)} cy={middle} r="4" />
    </svg>
  )
}
