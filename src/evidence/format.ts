/** Formats numbers for readers, identically in the report and in the terminal. Pure. */
import type { Summary } from '../contract/schemas/comparison.ts'
import { formatDecimals, formatInterval } from '../core/format.ts'

/** At least four significant digits, never more than needed for `decimals`. */
export function formatNumber(value: number, decimals = 1): string {
  return formatDecimals(value, decimals)
}

/** Throughput: two decimals below ten, where one would hide a tenth of the number. */
export function formatThroughput(imagesPerSecond: number): string {
  return `${formatNumber(imagesPerSecond, imagesPerSecond < 10 ? 2 : 1)} images/s`
}

/** `343.2 images/s ± 1.4 (95 % of 5 trials)`, or as much of it as is known. */
export function formatThroughputSummary(summary: Summary): string {
  const interval = summary.confidence_interval_95
  if (!interval) return `${formatThroughput(summary.mean)} (${summary.n} trial)`
  const digits = summary.mean < 10 ? 2 : 1
  if (interval.low < 0) {
    const ends = `${formatInterval(interval, digits)} images/s`
    return `${formatThroughput(summary.mean)} (95 % interval ${ends}, over ${summary.n} trials)`
  }
  const half = formatNumber(interval.half_width, digits)
  return `${formatThroughput(summary.mean)} ± ${half} (95 % interval over ${summary.n} trials)`
}

/** `0.42 s`, `12.3 s`, `3 min 04 s`, `1 h 02 min`. */
export function formatSeconds(seconds: number): string {
  if (Math.abs(seconds) < 10) return `${seconds.toFixed(2)} s`
  if (Math.abs(seconds) < 59.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`
  const minutes = Math.round(whole / 60)
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`
}

export function formatBytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}

/** Null if either end is not known. */
export function secondsBetween(from: string | null, to: string | null): number | null {
  return from === null || to === null ? null : (Date.parse(to) - Date.parse(from)) / 1000
}

/** Cents matter below ten dollars; below a cent, more does. */
export function formatUsd(usd: number): string {
  return `$${usd.toFixed(usd < 0.1 ? 4 : 2)}`
}
