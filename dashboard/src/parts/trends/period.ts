/** How far back a page looks. */
export const PERIODS = [
  { value: 'month', label: 'last 30 days', days: 30 },
  { value: 'quarter', label: 'last 90 days', days: 90 },
  { value: 'year', label: 'last year', days: 365 },
  { value: 'all', label: 'all time', days: null },
] as const
export type Period = (typeof PERIODS)[number]['value']
export const DEFAULT_PERIOD: Period = 'quarter'

const DAY_MS = 86_400_000

/** From the beginning of a day, so that the same question is asked all day long. */
export function sinceOf(period: Period): string | undefined {
  const days = PERIODS.find(({ value }) => value === period)?.days
  if (days == null) return undefined
  return new Date(Math.floor(Date.now() / DAY_MS) * DAY_MS - days * DAY_MS).toISOString()
}
