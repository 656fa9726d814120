/** Throughput of runs over days and months (uPlot): a dot for each run, its interval as a whisker; a click opens the run. */
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useMemo, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { TrendPoint } from '../../../../src/contract/schemas/comparison.ts'
import { scaleOf } from '../../../../src/core/format.ts'
import { formatNumber, formatSpread, formatThroughput } from '../format.ts'
import { type Colours, useColours } from '../live/colours.ts'
import { formatExactTime } from '../time.tsx'
import { formatTimes, rangeOf, timeRangeOf } from './trend-axes.ts'

interface TrendChartProps {
  name: string
  /** Oldest first. */
  points: readonly TrendPoint[]
  /** Of their throughputs. */
  unit: string
}

const HEIGHT = 190
const DOT_PIXELS = 4

export function TrendChart({ name, points: measured, unit: measuredUnit }: TrendChartProps) {
  const { points, unit } = useMemo(() => scalePoints(measured, measuredUnit), [measured, measuredUnit])
  const place = useRef<HTMLDivElement>(null)
  const navigate = useNavigate()
  const colours = useColours()
  const [pointed, setPointed] = useState<number | null>(null)

  useEffect(() => {
    const element = place.current
    if (!element) return
    const chart = new uPlot(
      {
        ...chartOptions(points, colours),
        width: element.clientWidth,
        hooks: {
          draw: [(drawn) => drawPoints(drawn, points, colours)],
          setCursor: [({ cursor }) => setPointed(cursor.idx ?? null)],
        },
      },
      [points.map(({ measured_at }) => Date.parse(measured_at) / 1000), points.map(({ throughput }) => throughput)],
      element,
    )
    const open = () => {
      const point = points[chart.cursor.idx ?? -1]
      if (point) void navigate({ to: '/runs/$runId', params: { runId: point.run_id } })
    }
    chart.over.addEventListener('click', open)
    const observer = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height: HEIGHT }))
    observer.observe(element)
    return () => {
      observer.disconnect()
      chart.destroy()
    }
  }, [points, colours, navigate])

  const shown = pointed === null ? undefined : points[pointed]
  return (
    <figure className="chart trend">
      <figcaption className="dim">
        {shown ? describePoint(shown, unit) : `${unit}; point at a run, or click to open it`}
      </figcaption>
      <div ref={place} className="canvas" role="img" aria-label={describeAll(name, points, unit)} />
    </figure>
  )
}

/** In the unit in which numbers of this size are shown. */
function scalePoints(points: readonly TrendPoint[], measuredUnit: string) {
  const largest = Math.max(...points.map(({ throughput }) => throughput))
  const { divisor, unit } = scaleOf({ value: largest, unit: measuredUnit })
  const scaled = points.map((point) => ({
    ...point,
    throughput: point.throughput / divisor,
    interval: point.interval && { low: point.interval.low / divisor, high: point.interval.high / divisor },
  }))
  return { points: scaled, unit }
}

function describePoint({ measured_at, throughput: value, interval, verdict }: TrendPoint, unit: string): string {
  const half = interval ? ` (${formatSpread({ value, unit }, interval)})` : ''
  return `${formatExactTime(measured_at)}: ${formatThroughput({ value, unit })}${half}, ${verdict}`
}

function describeAll(name: string, points: readonly TrendPoint[], unit: string): string {
  const show = (value: number) => formatThroughput({ value, unit })
  const values = points.map((point) => point.throughput)
  const [low, high] = [Math.min(...values), Math.max(...values)]
  return `Throughput of ${name} over ${points.length} runs: ${show(low)} to ${show(high)}`
}

function chartOptions(points: readonly TrendPoint[], colours: Colours): Omit<uPlot.Options, 'width'> {
  const axis = {
    stroke: colours.dim,
    font: '12px system-ui, sans-serif',
    grid: { stroke: colours.line, width: 1 },
    ticks: { show: false },
  }
  return {
    height: HEIGHT,
    padding: [10, 16, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
    scales: {
      x: { time: true, range: () => timeRangeOf(points) },
      y: { range: () => rangeOf(points) },
    },
    axes: [
      { ...axis, size: 28, space: 80, values: (_, splits) => formatTimes(splits) },
      {
        ...axis,
        size: 56,
        space: 34,
        values: (_, splits) => formatTicks(splits),
      },
    ],
    series: [{}, { stroke: colours['series-1'], width: 1, alpha: 0.5, points: { show: false } }],
  }
}

/** As many decimals as tell the marks apart. */
function formatTicks(values: readonly number[]): string[] {
  const step = stepOf(values)
  const decimals = step >= 1 && Number.isInteger(step) ? 0 : step >= 0.1 ? 1 : 2
  return values.map((value) => formatNumber(value, decimals))
}

function stepOf([first = 0, second = first + 1]: readonly number[]): number {
  return second - first
}

/** In the pixels of the canvas, of which a screen may have several to one of its own. */
function drawPoints(chart: uPlot, points: readonly TrendPoint[], colours: Colours): void {
  const { ctx } = chart
  const scale = uPlot.pxRatio
  ctx.save()
  // A whisker may be longer than the axis.
  ctx.beginPath()
  ctx.rect(chart.bbox.left, chart.bbox.top, chart.bbox.width, chart.bbox.height)
  ctx.clip()
  ctx.strokeStyle = colours['series-1']
  ctx.lineWidth = 1.5 * scale
  for (const { measured_at, throughput: value, interval, verdict } of points) {
    const x = chart.valToPos(Date.parse(measured_at) / 1000, 'x', true)
    if (interval) {
      const [top, bottom] = [chart.valToPos(interval.high, 'y', true), chart.valToPos(interval.low, 'y', true)]
      ctx.beginPath()
      ctx.moveTo(x, top)
      ctx.lineTo(x, bottom)
      ctx.stroke()
    }
    ctx.beginPath()
    ctx.arc(x, chart.valToPos(value, 'y', true), DOT_PIXELS * scale, 0, 2 * Math.PI)
    ctx.fillStyle = verdict === 'valid' ? colours['series-1'] : colours.raised
    ctx.fill()
    ctx.stroke()
  }
  ctx.restore()
}
