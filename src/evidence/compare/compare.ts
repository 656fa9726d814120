/**
 * Runs side by side. The change is computed against the first one, and only between machines of the same kind: other GPUs
 * and instance types stand beside each other for what they deliver and cost. Pure.
 */
import type { Measurement } from '../../contract/schemas/baseline.ts'
import type { ComparedChange, ComparedRun, Comparison } from '../../contract/schemas/comparison.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { Evidence } from '../schema.ts'
import { measureChange } from './change.ts'
import { readMeasurement } from './measurement.ts'
import { findDifferences, findObstacles, findOtherMachine, isCpu } from './obstacles.ts'
import { describeConditions } from './words.ts'

/** At least two. Throws `COMPARISON_REFUSED` with everything that stands against it. */
export function compareRuns(list: readonly Evidence[]): Comparison {
  const runs = list.map(toComparedRun)
  const [first, ...others] = runs
  if (!first) throw new RangeError('nothing to compare')
  const obstacles = others.flatMap(({ label, measurement }) => {
    const found = findObstacles(first.measurement, measurement)
    return found.length === 0 ? [] : [`${first.label} and ${label} do not measure the same: ${found.join('; ')}.`]
  })
  if (obstacles.length > 0) {
    const isItself = others.every(({ measurement }) => measurement.run_id === first.measurement.run_id)
    const remedy = isItself
      ? 'Give another run: `radix bench list`.'
      : `To measure as ${first.label} did: \`${describeConditions(first.measurement)}\`.`
    throw new RadixError('COMPARISON_REFUSED', { reason: obstacles.join(' '), remedy })
  }
  return { schema: 'radix.comparison/v1', runs, changes: others.map((run) => compareTwo(first, run)) }
}

/** Throws `COMPARISON_REFUSED` for what has no number that may be used. */
export function requireUsable(evidence: Evidence): Measurement {
  const measurement = readMeasurement(evidence)
  if (measurement && evidence.verdict.level !== 'invalid') return measurement
  const reasons = evidence.verdict.reasons.filter(({ level }) => level === 'invalid')
  throw new RadixError('COMPARISON_REFUSED', {
    reason: `The verdict on run ${evidence.run_id} is ${evidence.verdict.level}: ${reasons.map(({ code, message }) => `${code}: ${message}`).join(' ')}`,
    remedy: `Run it again: \`${evidence.reproduce.command}\`.`,
  })
}

function toComparedRun(evidence: Evidence, index: number): ComparedRun {
  const measurement = requireUsable(evidence)
  const { throughput_images_per_sec: throughput, duration_seconds: duration } = evidence.results
  if (!throughput) throw new RangeError('a measurement without a throughput')
  return {
    label: labelOf(index),
    measurement,
    throughput_images_per_sec: throughput,
    duration_seconds: duration?.mean ?? null,
    price_per_hour_usd: evidence.cost?.price_per_hour_usd ?? null,
    images_per_usd: evidence.cost?.images_per_usd ?? null,
    verdict: evidence.verdict,
  }
}

function compareTwo(first: ComparedRun, other: ComparedRun): ComparedChange {
  const [before, after] = [first.measurement, other.measurement]
  const otherMachine = findOtherMachine(before, after)
  const isMeaningful = otherMachine.length === 0 && !isCpu(before)
  return {
    label: other.label,
    change: isMeaningful ? measureChange(before.throughputs_images_per_sec, after.throughputs_images_per_sec) : null,
    other_machine: otherMachine,
    differences: otherMachine.length > 0 ? [] : findDifferences(before, after),
  }
}

/** A to Z, then by number. */
function labelOf(index: number): string {
  return index < 26 ? String.fromCharCode(65 + index) : String(index + 1)
}
