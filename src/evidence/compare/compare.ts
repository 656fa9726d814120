/**
 * Compares runs side by side. The change is computed against the first run, and only for the same machine type. Other
 * GPUs and instance types are shown beside each other with their throughput and cost. Pure.
 */
import { type EvidenceSummary, summariseEvidence } from '../../contract/evidence-summary.ts'
import type { Measurement } from '../../contract/schemas/baseline.ts'
import type { ComparedChange, ComparedRun, Comparison } from '../../contract/schemas/comparison.ts'
import type { Evidence } from '../../contract/schemas/evidence.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { measureChange } from './change.ts'
import { findDifferences, findIncomparable, findOtherMachine, isCpu } from './differences.ts'
import { describeConditions } from './words.ts'

/** At least two runs. Throws `COMPARISON_REFUSED` with every obstacle. */
export function compareRuns(list: readonly Evidence[]): Comparison {
  const runs = list.map(toComparedRun)
  const [first, ...others] = runs
  if (!first) throw new RangeError('nothing to compare')
  const obstacles = others.flatMap(({ label, measurement }) => {
    const found = findIncomparable(first.measurement, measurement)
    return found.length === 0 ? [] : [`${first.label} and ${label} do not measure the same: ${found.join('; ')}.`]
  })
  if (obstacles.length > 0) {
    const isItself = others.every(({ measurement }) => measurement.run_id === first.measurement.run_id)
    const remedy = isItself
      ? 'Give another run: `radix bench list`.'
      : `To measure as ${first.label} did: \`${describeConditions(first.measurement)}\`.`
    throw new RadixError('COMPARISON_REFUSED', { reason: obstacles.join(' '), remedy })
  }
  return { schema: 'radix.comparison/v2', runs, changes: others.map((run) => compareTwo(first, run)) }
}

type UsableSummary = EvidenceSummary & { measurement: Measurement }

/** Throws `COMPARISON_REFUSED` for evidence without a usable number. */
export function requireUsable(evidence: Evidence): UsableSummary {
  const summary = summariseEvidence(evidence)
  const { measurement, verdict } = summary
  if (measurement && verdict.level !== 'invalid') return { ...summary, measurement }
  const reasons = verdict.reasons.filter(({ level }) => level === verdict.level)
  throw new RadixError('COMPARISON_REFUSED', {
    reason: `The verdict on run ${evidence.run_id} is ${verdict.level}: ${reasons.map(({ code, message }) => `${code}: ${message}`).join(' ')}`,
    remedy: `Run it again: \`${evidence.reproduce.command}\`.`,
  })
}

function toComparedRun(evidence: Evidence, index: number): ComparedRun {
  const { measurement, throughput, duration_seconds, price_per_hour_usd, work_per_usd, verdict } =
    requireUsable(evidence)
  if (!throughput) throw new RangeError('a measurement without a throughput')
  return {
    label: labelOf(index),
    measurement,
    throughput,
    duration_seconds,
    price_per_hour_usd,
    work_per_usd,
    verdict,
  }
}

function compareTwo(first: ComparedRun, other: ComparedRun): ComparedChange {
  const [before, after] = [first.measurement, other.measurement]
  const otherMachine = findOtherMachine(before, after)
  const isMeaningful = otherMachine.length === 0 && !isCpu(before)
  return {
    label: other.label,
    change: isMeaningful ? measureChange(before.throughputs, after.throughputs) : null,
    other_machine: otherMachine,
    differences: otherMachine.length > 0 ? [] : findDifferences(before, after),
  }
}

/** A to Z, then by number. */
function labelOf(index: number): string {
  return index < 26 ? String.fromCharCode(65 + index) : String(index + 1)
}
