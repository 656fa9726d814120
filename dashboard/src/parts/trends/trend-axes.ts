/** The axes of a chart over runs: times of days and months, and a range that clips nothing it can show. Pure. */
import type { TrendPoint } from '../../../../src/contract/schemas/comparison.ts'
import { clipInterval } from '../format.ts'

const DAY_SECONDS = 86_400
/** Noise must not look like a cliff: the axis spans this share of the mean at the least. */
const LEAST_SPAN = 0.1
/** Beyond this share of the values, a whisker is cut: one uneven run must not flatten all others. */
const MOST_SPAN = 0.5

/** In seconds, from the runs themselves: of a single one, uPlot makes a range of decades. One run alone stands in the middle. */
export function timeRangeOf(points: readonly Pick<TrendPoint, 'measured_at'>[]): [number, number] {
  const times = points.map(({ measured_at }) => Date.parse(measured_at) / 1000)
  const [earliest, latest] = [Math.min(...times), Math.max(...times)]
  const margin = latest === earliest ? DAY_SECONDS : (latest - earliest) * 0.04
  return [earliest - margin, latest + margin]
}

export function rangeOf(points: readonly Pick<TrendPoint, 'throughput' | 'interval'>[]): [number, number] {
  const values = points.map((point) => point.throughput)
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const ends = points.flatMap(({ throughput: value, interval }) => {
    const { low, high } = interval ? clipInterval(interval) : { low: value, high: value }
    return [Math.max(low, least * (1 - MOST_SPAN)), Math.min(high, most * (1 + MOST_SPAN))]
  })
  const [low, high] = [Math.min(...ends), Math.max(...ends)]
  const centre = (low + high) / 2
  const half = Math.max((high - low) * 0.6, (centre * LEAST_SPAN) / 2)
  return [Math.max(0, centre - half), centre + half]
}

const DAY = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' })
const TIME_WITH_SECONDS = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })

/** A day where it begins, else the time; with seconds where the marks are closer than minutes. No mark says what the last said. */
export function formatTimes(seconds: readonly number[]): string[] {
  const step = (seconds[1] ?? 0) - (seconds[0] ?? 0)
  const time = step < 60 ? TIME_WITH_SECONDS : TIME
  let last = ''
  return seconds.map((each) => {
    const at = new Date(each * 1000)
    const isMidnight = at.getHours() === 0 && at.getMinutes() === 0 && at.getSeconds() === 0
    const text = isMidnight || step >= DAY_SECONDS ? DAY.format(at) : time.format(at)
    const shown = text === last ? '' : text
    last = text
    return shown
  })
}
