/** By how much one run differs from another, in words that need no sign and no colour. Pure. */
import type { ComparedChange } from '../../../../src/contract/schemas/comparison.ts'
import { formatPercent } from '../../../../src/core/format.ts'
import { formatChange } from '../format.ts'

type Change = NonNullable<ComparedChange['change']>

/** `7.3 % slower than`, `as fast as`. */
export function describeDirection(relative: number): string {
  const share = formatPercent(Math.abs(relative))
  if (share === formatPercent(0)) return 'as fast as'
  return `${share} ${relative < 0 ? 'slower' : 'faster'} than`
}

export type Tone = 'good' | 'bad' | 'idle'

/** Only what came later, and is no chance, is good or bad news. */
export function toneOf({ relative, interval }: Change, isLater: boolean): Tone {
  if (!isLater || !interval || mayBeChance(interval)) return 'idle'
  return relative < 0 ? 'bad' : 'good'
}

export function describeCertainty({ interval }: Change): string {
  if (!interval) return 'one trial: may be chance'
  const range = `95 % interval ${formatChange(interval.low)} to ${formatChange(interval.high)}`
  return mayBeChance(interval) ? `${range}: may be chance` : range
}

function mayBeChance({ low, high }: NonNullable<Change['interval']>): boolean {
  return low <= 0 && high >= 0
}
