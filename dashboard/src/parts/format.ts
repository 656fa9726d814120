/** Numbers with their units, as every page shows them: as the reports have them, and a dash for what is not known. */
import {
  formatBytes as describeBytes,
  formatSeconds as describeSeconds,
  formatDecimals,
  formatPercent,
  formatRate,
  type Rate,
} from '../../../src/core/format.ts'

export {
  formatRateInterval as formatInterval,
  formatRateSpread as formatSpread,
  formatUsd,
  secondsBetween,
} from '../../../src/core/format.ts'

export function formatThroughput(rate: Rate | null | undefined): string {
  return rate == null ? '–' : formatRate(rate)
}

export function formatNumber(value: number, decimals = 0): string {
  return formatDecimals(value, decimals)
}

export function formatSeconds(seconds: number | null | undefined): string {
  return seconds == null ? '–' : describeSeconds(seconds)
}

export function formatBytes(bytes: number | null | undefined): string {
  return bytes == null ? '–' : describeBytes(bytes)
}

interface Interval {
  low: number
  high: number
}

/** No throughput is below zero: what an interval says beyond that is a sign of trials that differ too much. */
export function clipInterval({ low, high }: Interval): Interval {
  return { low: Math.max(0, low), high: Math.max(0, high) }
}

/** A share with its sign: `+4.0 %`, `−6.7 %`. */
export function formatChange(share: number): string {
  const text = formatPercent(Math.abs(share))
  if (share === 0 || text === '0.0 %') return text
  return `${share > 0 ? '+' : '−'}${text}`
}

/** `1:05` for a time axis. */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const minutes = Math.floor(whole / 60)
  return minutes < 60
    ? `${minutes}:${pad(whole % 60)}`
    : `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(whole % 60)}`
}

/** The end of an id tells it from its neighbours, which begin with the same time. */
export function shortId(id: string): string {
  return `…${id.slice(-6)}`
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}
