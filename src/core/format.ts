/** What the reports, the terminal and the dashboard write alike. Pure. */

export function formatDecimals(value: number, decimals: number): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
}

export function formatPercent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

/**
 * `341.9 to 344.7`; `up to 7.73` for an interval that reaches zero. No throughput is below zero, so no interval is shown
 * to be: the stored one is not changed.
 */
export function formatInterval({ low, high }: { low: number; high: number }, decimals: number): string {
  if (low <= 0) return `up to ${formatDecimals(Math.max(0, high), decimals)}`
  return `${formatDecimals(low, decimals)} to ${formatDecimals(high, decimals)}`
}

/** With a full stop, unless the text ends its sentence itself. */
export function endSentence(text: string): string {
  const trimmed = text.trimEnd()
  return /[.!?…][)"'`]?$/.test(trimmed) ? trimmed : `${trimmed}.`
}
