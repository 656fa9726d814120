/**
 * Judges a run against a baseline: whether they may be compared, whether throughput fell (`decide.ts`), and the reasons
 * in words. Pure.
 */
import type { Measurement } from '../../contract/schemas/baseline.ts'
import type { Difference, Reason } from '../../contract/schemas/comparison.ts'
import type { Evidence } from '../../contract/schemas/evidence.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { requireUsable } from './compare.ts'
import { type Judgement, judgeChange } from './decide.ts'
import { findDifferences, findIncomparable, findOtherMachine } from './differences.ts'
import { describeChange, describeConditions, formatPlainPercent, formatSigned, formatThreshold } from './words.ts'

export interface GateResult extends Judgement {
  schema: 'radix.gate/v2'
  /** The decision in a sentence or two. */
  reason: string
  threshold_percent: number
  /** The name of the baseline, or its file. */
  baseline_name: string
  baseline: Measurement
  candidate: Measurement
  /** The objections of the candidate's verdict to its number. The candidate is judged nevertheless. */
  doubts: Reason[]
  differences: Difference[]
  /** Why evidence that was used could not be verified. Empty if all evidence was verified. */
  unverified: string[]
}

export interface GateRequest {
  candidate: Evidence
  baseline: Measurement
  baselineName: string
  thresholdPercent: number
  unverified?: string[]
}

/** Throws `COMPARISON_REFUSED` with every obstacle. */
export function gateRun(request: GateRequest): GateResult {
  const { candidate: evidence, baseline, baselineName, thresholdPercent, unverified = [] } = request
  const { measurement: candidate, verdict } = requireUsable(evidence)
  const obstacles = [...findIncomparable(baseline, candidate), ...findOtherMachine(baseline, candidate)]
  if (obstacles.length > 0) {
    throw new RadixError('COMPARISON_REFUSED', {
      reason: `Baseline ${baselineName} and run ${candidate.run_id} do not measure the same: ${obstacles.join('; ')}.`,
      remedy:
        baseline.run_id === candidate.run_id
          ? 'Give another run: `radix bench list`.'
          : `To measure as the baseline did, on the same machine type: \`${describeConditions(baseline)}\`.`,
    })
  }
  const threshold = thresholdPercent / 100
  const judgement = judgeChange(baseline.throughputs, candidate.throughputs, threshold)
  const trials = { baseline: countTrials(baseline), candidate: countTrials(candidate) }
  return {
    schema: 'radix.gate/v2',
    ...judgement,
    reason: explain(judgement, threshold, trials),
    threshold_percent: thresholdPercent,
    baseline_name: baselineName,
    baseline,
    candidate,
    doubts: verdict.reasons.filter(({ level }) => level === 'suspect'),
    differences: findDifferences(baseline, candidate),
    unverified,
  }
}

interface TrialCounts {
  baseline: number
  candidate: number
}

function explain(judgement: Judgement, threshold: number, trials: TrialCounts): string {
  const { decision, change } = judgement
  const limit = formatThreshold(threshold)
  switch (decision) {
    case 'regression':
      return `Throughput fell by ${formatPlainPercent(change.relative)}. That is beyond the threshold of ${limit} and not due to chance.`
    case 'improved':
      return `Throughput rose by ${formatPlainPercent(change.relative)}, which is not due to chance. Set the baseline again to keep it.`
    case 'pass':
      return `A fall beyond ${limit} is ruled out: ${describeChange(change)}.`
    case 'ambiguous':
      return explainAmbiguous(judgement, limit, trials)
  }
}

function explainAmbiguous({ change, trials_needed: needed }: Judgement, limit: string, trials: TrialCounts): string {
  if (!change.interval) {
    const single = (['baseline', 'candidate'] as const).filter((side) => trials[side] === 1)
    return `The ${single.join(' and the ')} ha${single.length === 1 ? 's' : 've'} one trial: without a spread, no change can be told from chance. ${measureAgain(single)}`
  }
  const what = `The trials are inconclusive: ${formatSigned(change.relative)} was measured, and the 95 % interval reaches from ${formatSigned(change.interval.low)} to ${formatSigned(change.interval.high)}`
  if (!needed) {
    return `${what}. Even 100 trials of each would not be enough: the change is too near the threshold of ${limit}, or the spread is too large.`
  }
  const more = (['candidate', 'baseline'] as const).filter((side) => needed[side] > trials[side])
  const words = more.map((side) => `${needed[side]} trials of the ${side} (now ${trials[side]})`)
  return `${what}. About ${words.join(' and ')} would be enough if means and spreads stay the same.`
}

function measureAgain(single: readonly ('baseline' | 'candidate')[]): string {
  return `Measure ${single.length === 1 ? 'it' : 'both'} with \`--trials 5\`.`
}

function countTrials({ throughputs }: Measurement): number {
  return throughputs.length
}
