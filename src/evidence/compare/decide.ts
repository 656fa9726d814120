/**
 * Did throughput fall? The rule, its reasons and what it cannot see are in docs/COMPARE.md. With the threshold t, the
 * measured change c and its 95 % interval [low, high]:
 *
 *   regression   c is below −t, and high is below 0: it fell, and by more than t as far as anybody can say
 *   improved     the mirror image: swapping the sides would give a regression
 *   pass         low is above −t: a fall beyond t is excluded
 *   ambiguous    anything else, and always where one side has a single trial
 *
 * Pure.
 */

import type { Change } from '../../contract/schemas/comparison.ts'
import { API_LIMITS } from '../../core/limits/api.ts'
import { welchPValue } from '../../core/statistics.ts'
import { measureChange, measureSpread } from './change.ts'

export type Decision = 'regression' | 'improved' | 'pass' | 'ambiguous'

export interface Judgement {
  decision: Decision
  change: Change
  /** How many trials of each side would be enough, if means and spreads stay the same. */
  trials_needed: { baseline: number; candidate: number } | null
}

/** The two-sided p-value that belongs to the 95 % interval. */
const SIGNIFICANT = 0.05
/** As many as `--trials` takes. */
const MAXIMUM_TRIALS = API_LIMITS.trials.value

/** `threshold` is a share: 0.05 for 5 %. */
export function judgeChange(baseline: readonly number[], candidate: readonly number[], threshold: number): Judgement {
  const change = measureChange(baseline, candidate)
  const { relative, interval } = change
  const decided = (decision: Decision): Judgement => ({ decision, change, trials_needed: null })
  if (!interval) return decided('ambiguous')
  if (relative < -threshold && interval.high < 0) return decided('regression')
  if (relative > mirrorOf(threshold) && interval.low > 0) return decided('improved')
  if (interval.low > -threshold) return decided('pass')
  return { decision: 'ambiguous', change, trials_needed: findTrialsNeeded(baseline, candidate, change, threshold) }
}

/** The gain that undoes a fall of `threshold`: 5.3 % for 5 %. */
function mirrorOf(threshold: number): number {
  return 1 / (1 - threshold) - 1
}

/** More trials of the candidate if that is enough, else more of both. Null if a hundred of each would not be enough. */
function findTrialsNeeded(
  baseline: readonly number[],
  candidate: readonly number[],
  { relative }: Change,
  threshold: number,
): Judgement['trials_needed'] {
  const [first, second] = [measureSpread(baseline), measureSpread(candidate)]
  if (!first || !second) return null
  const [measured, limit] = [Math.log1p(relative), Math.log1p(-threshold)]
  // A fall beyond the threshold must be distinguished from zero; a smaller one, from the threshold.
  const distance = measured < limit ? -measured : measured - limit
  const isEnough = (baselineCount: number, candidateCount: number) =>
    welchPValue(distance, { ...first, count: baselineCount }, { ...second, count: candidateCount }) < SIGNIFICANT
  for (let count = second.count + 1; count <= MAXIMUM_TRIALS; count++) {
    if (isEnough(first.count, count)) return { baseline: first.count, candidate: count }
  }
  for (let count = Math.max(first.count, second.count) + 1; count <= MAXIMUM_TRIALS; count++) {
    if (isEnough(count, count)) return { baseline: count, candidate: count }
  }
  return null
}
