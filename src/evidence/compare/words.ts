/** The wording that comparison and gate share. Pure. */
import type { Measurement } from '../../contract/schemas/baseline.ts'
import type { Change } from '../../contract/schemas/comparison.ts'
import { formatPercent } from '../../core/format.ts'

/** The command that measures under the same conditions. */
export function describeConditions({ recipe, parameters }: Measurement): string {
  const flags = Object.entries(parameters).map(([name, value]) => `--${name.replaceAll('_', '-')} ${value}`)
  return ['radix bench run', `--recipe ${recipe}`, ...flags, '--trials 5'].join(' ')
}

/** `-6.7 % (95 % interval -7.9 % to -5.5 %)`, or as much of it as is known. */
export function describeChange({ relative, interval }: Change): string {
  if (!interval) return `${formatSigned(relative)} (one trial: may be chance)`
  const words = `${formatSigned(relative)} (95 % interval ${formatSigned(interval.low)} to ${formatSigned(interval.high)})`
  return interval.low < 0 && interval.high > 0 ? `${words}, may be chance` : words
}

export function formatSigned(share: number): string {
  const text = formatPercent(share)
  return share > 0 ? `+${text}` : text
}

/** Without the sign, for sentences that name the direction. */
export function formatPlainPercent(share: number): string {
  return formatPercent(Math.abs(share))
}

/** `5 %`, `2.5 %`: as given. */
export function formatThreshold(threshold: number): string {
  return `${Number((threshold * 100).toFixed(4))} %`
}
