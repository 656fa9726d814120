/** Numbers with their units, written alike by the terminal, the reports and the dashboard. Pure. */

/** Work per second, with the unit of both: 343.2 `images/s`. */
export interface Rate {
  value: number
  unit: string
}

interface Interval {
  low: number
  high: number
}

/** The mean of a rate over trials, with as much of its spread as is known. */
interface RateSummary {
  mean: number
  unit: string
  n: number
  confidence_interval_95: (Interval & { half_width: number }) | null
}

export function formatDecimals(value: number, decimals: number): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
}

/** `1 trial`, `2 trials`: for a noun whose plural has an s more. */
export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

export function formatPercent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

/** `343.2 images/s`, `12.3 TFLOP/s`: two decimals below ten, where one would hide a tenth of the number. */
export function formatRate(rate: Rate): string {
  return withUnit(rate, (show) => show(rate.value))
}

/**
 * `341.9 to 344.7 images/s`, in the digits of the rate that it belongs to; `up to 7.73 images/s` for an interval that
 * reaches zero. No rate is below zero, so no interval is shown to be: the stored one is not changed.
 */
export function formatRateInterval(rate: Rate, interval: Interval): string {
  return withUnit(rate, (show) => describeInterval(interval, show))
}

/** The same where the unit stands beside it. */
export function formatRateRange(rate: Rate, interval: Interval): string {
  return describeInterval(interval, shower(rate))
}

/** `± 1.4`, in the unit and the digits of the rate; `up to 7.73` for an interval that reaches zero. */
export function formatRateSpread(rate: Rate, { low, high }: Interval): string {
  return low <= 0 ? formatRateRange(rate, { low, high }) : `± ${shower(rate)((high - low) / 2)}`
}

/** `343.2 images/s ± 1.4 (95 % interval over 5 trials)`, or as much of it as is known. */
export function formatRateSummary({ mean, unit, n, confidence_interval_95: interval }: RateSummary): string {
  const rate = { value: mean, unit }
  if (!interval) return `${formatRate(rate)} (${formatCount(n, 'trial')})`
  if (interval.low < 0)
    return `${formatRate(rate)} (95 % interval ${formatRateInterval(rate, interval)}, over ${n} trials)`
  return `${formatRate(rate)} ± ${shower(rate)(interval.half_width)} (95 % interval over ${n} trials)`
}

/** A number at the size and in the digits of the rate beside which it stands, without the unit. */
export function formatBeside(rate: Rate, value: number): string {
  return shower(rate)(value)
}

/** In which unit numbers of this size are shown, and what they are divided by: `TFLOP/s` for 12.3e12 `FLOP/s`. */
export function scaleOf({ value, unit }: Rate): { divisor: number; unit: string } {
  if (!PREFIXED.test(unit) || !(Math.abs(value) >= 1)) return { divisor: 1, unit }
  const step = Math.min(Math.floor(Math.log10(Math.abs(value)) / 3), PREFIXES.length - 1)
  return { divisor: 1000 ** step, unit: `${PREFIXES[step]}${unit}` }
}

/** The unit of the work that a rate counts: `images` of `images/s`. */
export function workUnitOf(unit: string): string {
  return unit.replace(/\/s$/, '')
}

/** `25,740 images`, `3.69 PFLOP`. */
export function formatWork(amount: number, unit: string): string {
  const number = formatAmount(amount, unit)
  return PREFIXED.test(unit) ? number : `${number} ${unit}`
}

/** The same where the unit is known from elsewhere: `25,740`. A number with a prefix keeps its unit: `3.69 PFLOP`. */
export function formatAmount(amount: number, unit: string): string {
  return PREFIXED.test(unit) ? formatRate({ value: amount, unit }) : formatDecimals(amount, 0)
}

/** `Images per dollar`: the name of the figure, for the unit of a rate. */
export function nameWorkPerDollar(unit: string): string {
  const work = workUnitOf(unit)
  return `${work.charAt(0).toUpperCase()}${work.slice(1)} per dollar`
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

/** Cents matter below ten dollars; below a cent, more does. */
export function formatUsd(usd: number): string {
  return `$${usd.toFixed(usd < 0.1 ? 4 : 2)}`
}

/** An amount of a budget. What is left is below zero where the cap was lowered after the money was spent. */
export function formatCap(usd: number | null): string {
  return usd === null ? 'no limit' : `${usd < 0 ? '-' : ''}$${Math.abs(usd).toFixed(2)}`
}

/** Null if either end is not known. */
export function secondsBetween(from: string | null, to: string | null): number | null {
  return from === null || to === null ? null : (Date.parse(to) - Date.parse(from)) / 1000
}

/** With a full stop, unless the text ends its sentence itself. */
export function endSentence(text: string): string {
  const trimmed = text.trimEnd()
  return /[.!?…][)"'`]?$/.test(trimmed) ? trimmed : `${trimmed}.`
}

/** Units that are too small for what is measured in them. Images and tokens are counted instead. */
const PREFIXED = /^(FLOP|B)(\/s)?$/
const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z'] as const

/** Shows numbers at the size and in the digits of one rate. */
function shower({ value, unit }: Rate): (value: number) => string {
  const { divisor } = scaleOf({ value, unit })
  const decimals = value / divisor < 10 ? 2 : 1
  return (each) => formatDecimals(each / divisor, decimals)
}

function withUnit(rate: Rate, describe: (show: (value: number) => string) => string): string {
  return `${describe(shower(rate))} ${scaleOf(rate).unit}`
}

function describeInterval({ low, high }: Interval, show: (value: number) => string): string {
  return low <= 0 ? `up to ${show(Math.max(0, high))}` : `${show(low)} to ${show(high)}`
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}
