/** Turns estimates into the ranking of `/v1/score`. The mathematics is in `model.ts`, reading in `score.ts`. */
import type { ScoredCandidate } from '../../contract/schemas/telemetry.ts'
import type { JobDescription } from './design.ts'
import {
  type Estimate,
  estimate,
  medianRuntime,
  type Observation,
  probabilitiesOfSmallest,
  runtimeInterval,
} from './model.ts'
import type { PriceOf } from './prices.ts'
import type { Pause } from './work-queue.ts'

const INTERVAL_COVERAGE = 0.9

export interface Candidate {
  /** As the caller wrote it: so it comes back. */
  name: string
  /** As it is stored. */
  gpuType: string
}

/**
 * Best first; then those that have only failed so far; those never observed last, with nothing but nulls. Pauses between
 * candidates.
 */
export async function rankCandidates(
  asked: JobDescription,
  candidates: readonly Candidate[],
  own: ReadonlyMap<string, readonly Observation[]>,
  pool: readonly Observation[],
  priceOf: PriceOf,
  pause: Pause,
): Promise<ScoredCandidate[]> {
  // Two spellings of one GPU type are one competitor.
  const gpuTypes = [...new Set(candidates.map(({ gpuType }) => gpuType))]
  const estimates = new Map<string, Estimate | null>()
  for (const gpuType of gpuTypes) {
    estimates.set(gpuType, estimate(asked, gpuType, own.get(gpuType) ?? [], pool))
    await pause()
  }
  const scores = scoresByGpuType(estimates)
  return candidates
    .map(({ name, gpuType }) =>
      describe(name, estimates.get(gpuType) ?? null, scores.get(gpuType) ?? null, priceOf(gpuType)),
    )
    .sort(compare)
}

/**
 * The score: how likely each is to be done first. A failed job is tried again from its start, which takes 1 / p tries on
 * average: so a fast GPU type that often fails does not beat a slower one that is done sooner.
 */
function scoresByGpuType(estimates: ReadonlyMap<string, Estimate | null>): Map<string, number> {
  const rated = [...estimates].flatMap(([gpuType, found]) => {
    if (!found?.logRuntime) return []
    const { logRuntime, successProbability } = found
    return [{ gpuType, untilSuccess: { ...logRuntime, location: logRuntime.location - Math.log(successProbability) } }]
  })
  const scores = probabilitiesOfSmallest(rated.map(({ untilSuccess }) => untilSuccess))
  return new Map(rated.map(({ gpuType }, index) => [gpuType, scores[index] ?? 0]))
}

function describe(
  name: string,
  found: Estimate | null,
  score: number | null,
  pricePerHourUsd: number | undefined,
): ScoredCandidate {
  const unknown: ScoredCandidate = {
    gpu_type: name,
    score: null,
    confidence: null,
    expected_runtime: null,
    runtime_interval: null,
    success_probability: found?.successProbability ?? null,
    expected_cost_usd: null,
    observations: found?.observationCount ?? 0,
  }
  if (!found?.logRuntime || score === null) return unknown
  const runtime = medianRuntime(found.logRuntime)
  const interval = runtimeInterval(found.logRuntime, INTERVAL_COVERAGE)
  return {
    ...unknown,
    score,
    confidence: Math.max(0, 1 - (interval.high - interval.low) / 2 / runtime),
    expected_runtime: runtime,
    runtime_interval: interval,
    expected_cost_usd: pricePerHourUsd === undefined ? null : (runtime / 3600) * pricePerHourUsd,
  }
}

/** `sort` is stable: equal candidates keep the caller's order. */
function compare(left: ScoredCandidate, right: ScoredCandidate): number {
  const rank = ({ score, observations }: ScoredCandidate) => (score !== null ? 0 : observations > 0 ? 1 : 2)
  const byScore = (right.score ?? 0) - (left.score ?? 0)
  const byRuntime = (left.expected_runtime ?? 0) - (right.expected_runtime ?? 0)
  return rank(left) - rank(right) || byScore || byRuntime
}
