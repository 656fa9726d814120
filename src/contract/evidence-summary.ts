/**
 * The only place that extracts numbers from evidence. Lists, outputs, comparisons, baselines and trends use it, on both
 * sides of the wire. Reports are rendered from the evidence itself. Pure.
 */
import { isSameGpu } from '../core/gpu-uuid.ts'
import { workloadOf } from '../workloads/index.ts'
import { decidingParametersOf } from '../workloads/parameters.ts'
import type { Measurement } from './schemas/baseline.ts'
import type { RateSummary, Verdict } from './schemas/comparison.ts'
import type { Evidence } from './schemas/evidence.ts'

export interface EvidenceSummary {
  run_id: string
  verdict: Verdict
  /** Over the trials; null if none has a number. */
  throughput: RateSummary | null
  /** Of the workload, mean over the trials. */
  duration_seconds: number | null
  /** Null if no price is known or nothing was launched. */
  price_per_hour_usd: number | null
  machine_usd: number | null
  work_per_usd: number | null
  /** The number of each trial with its conditions. Null if no trial produced a result, as with an earlier agent. */
  measurement: Measurement | null
}

export function summariseEvidence(evidence: Evidence): EvidenceSummary {
  const { run_id, verdict, results, cost } = evidence
  return {
    run_id,
    verdict,
    throughput: results.throughput,
    duration_seconds: results.duration_seconds?.mean ?? null,
    price_per_hour_usd: cost?.price_per_hour_usd ?? null,
    machine_usd: cost?.machine_usd ?? null,
    work_per_usd: cost?.work_per_usd ?? null,
    measurement: readMeasurement(evidence),
  }
}

/** Null if no trial produced a result. */
function readMeasurement(evidence: Evidence): Measurement | null {
  const results = evidence.results.trials.map(({ result }) => result).filter((result) => result !== null)
  const first = results[0]
  if (!first) return null
  const { parameters, job_kind } = evidence.request
  return {
    run_id: evidence.run_id,
    measured_at: evidence.started_at,
    job_kind,
    workload: first.workload,
    recipe: first.recipe,
    precision: first.precision,
    parameters: decidingParametersOf(workloadOf(job_kind).parameters, parameters),
    device: { type: first.device.type, name: first.device.name },
    instance_type: evidence.environment.machine?.instance_type ?? null,
    surroundings: readSurroundings(evidence, first.device.uuid),
    unit: first.throughput.unit,
    throughputs: results.map(({ throughput }) => throughput.value),
  }
}

/** Text that can be shown unchanged: above all, versions. */
function readSurroundings({ environment }: Evidence, deviceUuid: string | null): Measurement['surroundings'] {
  const gpus = environment.gpus
  const gpu = gpus.find(({ uuid }) => uuid !== null && deviceUuid !== null && isSameGpu(uuid, deviceUuid)) ?? gpus[0]
  const facts: Record<string, unknown> = {
    ...environment.software,
    driver: gpu?.driver_version,
    vbios: gpu?.vbios_version,
    'power limit': gpu?.power_limit_watts == null ? null : `${gpu.power_limit_watts} W`,
    image: environment.machine?.image_id,
    agent: environment.cluster?.agent_version,
  }
  return Object.fromEntries(
    Object.entries(facts).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  )
}
