/** Lines over time on a canvas (uPlot), with their value in words above: the latest, or the one under the pointer. */
import { useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { formatClock } from '../format.ts'
import { type Colours, seriesColour, useColours } from './colours.ts'
import { findLonePoints } from './lone-points.ts'

export type Values = readonly (number | null)[]

interface LineChartProps {
  label: string
  /** Seconds from the start. */
  times: readonly number[]
  /** One line each. */
  lines: readonly Values[]
  format: (value: number) => string
  /** Where the axis ends at least; it begins at zero. */
  atLeast: number
  /** Charts of one name share the pointer. */
  pointerName: string
  /** Said while there is nothing to draw. */
  absent?: string
}

const HEIGHT = 130
/** A time axis begins at the start, and is never shorter. */
const SHORTEST_SECONDS = 10
/** Seconds between the marks of the time axis. */
const TICKS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200]

export function LineChart({ label, times, lines, format, atLeast, pointerName, absent }: LineChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot>(null)
  const colours = useColours()
  const [pointed, setPointed] = useState<number | null>(null)
  const lineCount = lines.length

  useEffect(() => {
    const element = place.current
    if (!element) return
    const options = chartOptions({ width: element.clientWidth, lineCount, colours, atLeast, pointerName })
    const made = new uPlot({ ...options, hooks: { setCursor: [({ cursor }) => setPointed(cursor.idx ?? null)] } })
    element.append(made.root)
    chart.current = made
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }))
    observer.observe(element)
    return () => {
      observer.disconnect()
      made.destroy()
      chart.current = null
    }
  }, [lineCount, colours, atLeast, pointerName])

  // biome-ignore lint/correctness/useExhaustiveDependencies: a chart that was made anew needs its data again
  useEffect(() => {
    chart.current?.setData([[...times], ...lines.map((line) => [...line])])
  }, [times, lines, lineCount, colours, atLeast, pointerName])

  const shown = describeAt(lines, pointed, format)
  const time = pointed === null ? undefined : times[pointed]
  return (
    <figure className="chart">
      <figcaption>
        <span>{label}</span>
        <strong>{shown}</strong>
        {time !== undefined && <span className="dim">at {formatClock(time)}</span>}
      </figcaption>
      {times.length === 0 && <p className="none dim">{absent}</p>}
      <div
        ref={place}
        className="canvas"
        hidden={times.length === 0}
        role="img"
        aria-label={`${label} over time, now ${shown}`}
      />
    </figure>
  )
}

/** Of several lines: from the lowest to the highest. */
function describeAt(lines: readonly Values[], index: number | null, format: (value: number) => string): string {
  const values = lines.flatMap((line) => {
    const value = index === null ? line.findLast((each) => each !== null) : line[index]
    return value == null ? [] : [value]
  })
  if (values.length === 0) return '–'
  const [low, high] = [format(Math.min(...values)), format(Math.max(...values))]
  return low === high ? low : `${low} to ${high}`
}

interface ChartLook {
  width: number
  lineCount: number
  colours: Colours
  atLeast: number
  pointerName: string
}

function chartOptions({ width, lineCount, colours, atLeast, pointerName }: ChartLook): uPlot.Options {
  const axis = {
    stroke: colours.dim,
    font: '12px system-ui, sans-serif',
    grid: { stroke: colours.line, width: 1 },
    ticks: { show: false },
  }
  return {
    width,
    height: HEIGHT,
    padding: [8, 20, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, sync: { key: pointerName } },
    scales: {
      x: { time: false, range: (_, __, latest) => [0, Math.max(SHORTEST_SECONDS, latest ?? 0)] },
      y: { range: (_, __, maximum) => [0, Math.max(atLeast, (maximum ?? 0) * 1.1)] },
    },
    axes: [
      { ...axis, size: 28, values: (_, splits) => splits.map(formatClock), incrs: TICKS, space: 60 },
      { ...axis, size: 48, space: 30 },
    ],
    series: [
      {},
      ...Array.from({ length: lineCount }, (_, index) => ({
        stroke: colours[seriesColour(index)],
        width: 1.5,
        // A line needs two points; one alone is a dot.
        points: {
          show: true,
          size: 5,
          filter: (drawn: uPlot, line: number) => findLonePoints([...(drawn.data[line] ?? [])]),
        },
        spanGaps: false,
      })),
    ],
  }
}
