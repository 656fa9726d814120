/** Numbers with their units, as every page shows them. */
import { formatDecimals, formatInterval as formatEnds, formatPercent } from '../../../src/core/format.ts'

const GIB = 1024 ** 3

/** Two decimals below ten, where one would hide a tenth of the number. */
export function formatThroughput(imagesPerSecond: number | null | undefined): string {
  return imagesPerSecond == null ? '–' : `${formatNumber(imagesPerSecond, imagesPerSecond < 10 ? 2 : 1)} images/s`
}

export function formatNumber(value: number, decimals = 0): string {
  return formatDecimals(value, decimals)
}

/** `0.42 s`, `12.3 s`, `3 min 04 s`, `1 h 02 min`. */
export function formatSeconds(seconds: number | null | undefined): string {
  if (seconds == null) return '–'
  if (seconds < 10) return `${seconds.toFixed(2)} s`
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`
  const minutes = Math.round(whole / 60)
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`
}

export function formatBytes(bytes: number | null | undefined): string {
  return bytes == null ? '–' : `${(bytes / GIB).toFixed(1)} GiB`
}

interface Interval {
  low: number
  high: number
}

/** No throughput is below zero: what an interval says beyond that is a sign of trials that differ too much. */
export function clipInterval({ low, high }: Interval): Interval {
  return { low: Math.max(0, low), high: Math.max(0, high) }
}

/** `± 1.2`; `up to 7.73` for an interval that reaches zero. */
export function formatSpread(value: number, interval: Interval): string {
  const decimals = value < 10 ? 2 : 1
  if (interval.low <= 0) return formatEnds(interval, decimals)
  return `± ${formatNumber((interval.high - interval.low) / 2, decimals)}`
}

/** `341.2 to 345.4 images/s`; `up to 7.73 images/s` for an interval that reaches zero. */
export function formatInterval(value: number, interval: Interval): string {
  return `${formatEnds(interval, value < 10 ? 2 : 1)} images/s`
}

/** A share with its sign: `+4.0 %`, `−6.7 %`. */
export function formatChange(share: number): string {
  const text = formatPercent(Math.abs(share))
  if (share === 0 || text === '0.0 %') return text
  return `${share > 0 ? '+' : '−'}${text}`
}

/** Cents matter below ten dollars; below a cent, more does. */
export function formatUsd(usd: number): string {
  return `$${usd.toFixed(usd < 0.1 ? 4 : 2)}`
}

/** `1:05` for a time axis. */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const minutes = Math.floor(whole / 60)
  return minutes < 60
    ? `${minutes}:${pad(whole % 60)}`
    : `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(whole % 60)}`
}

/** Null while either end is not known. */
export function secondsBetween(from: string | null, to: string | null): number | null {
  return from === null || to === null ? null : (Date.parse(to) - Date.parse(from)) / 1000
}

/** The end of an id tells it from its neighbours, which begin with the same time. */
export function shortId(id: string): string {
  return `…${id.slice(-6)}`
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}
