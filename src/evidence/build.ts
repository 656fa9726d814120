/**
 * Builds the evidence of a run from its facts. Pure: the same facts give the same evidence, which `signature/` signs.
 */
import type { Gpu } from '../contract/schemas/cluster.ts'
import { EVIDENCE_SCHEMA, type Evidence, type TrialResult } from '../contract/schemas/evidence.ts'
import type { WorkloadResult } from '../contract/schemas/workload.ts'
import { secondsBetween } from '../core/format.ts'
import { workloadOf } from '../workloads/index.ts'
import { rateUnitOf } from '../workloads/workload.ts'
import { buildCost } from './cost.ts'
import type { EvidenceFacts, TrialFacts } from './facts.ts'
import { readTimedWindow, summariseTelemetry } from './gpu-telemetry.ts'
import { listOmissions } from './omissions.ts'
import { summarise, summariseSteps } from './summaries.ts'
import { judge, type UnjudgedEvidence } from './verdict.ts'

export function buildEvidence(facts: EvidenceFacts): Evidence {
  const unjudged = buildUnjudged(facts)
  return { ...unjudged, verdict: judge(unjudged), omitted: listOmissions(unjudged) }
}

/** The names of the raw files of a trial, beside `evidence.json`. */
export function rawFileNames({ trial, result, logTail }: TrialFacts): { result: string | null; log: string | null } {
  return {
    result: result ? `trial-${trial}.result.json` : null,
    log: logTail.length > 0 ? `trial-${trial}.log` : null,
  }
}

function buildUnjudged(facts: EvidenceFacts): UnjudgedEvidence {
  const { request, termination } = facts
  const results = buildResults(facts)
  return {
    schema: EVIDENCE_SCHEMA,
    run_id: facts.runId,
    status: facts.status,
    error: facts.error,
    started_at: facts.startedAt,
    finished_at: facts.finishedAt,
    deadline_at: facts.deadlineAt,
    request: {
      provider: request.provider,
      cluster_name: request.clusterName,
      trials: request.trials,
      ttl_minutes: request.ttlMinutes,
      api_base: request.apiBase,
      job_kind: request.jobKind,
      parameters: request.params,
    },
    environment: buildEnvironment(facts),
    results,
    cost: buildCost(facts, results.throughput?.mean ?? null),
    gpu_telemetry: summariseTelemetry(facts.trials),
    phases: facts.phases.map(({ name, status, startedAt, finishedAt }) => ({
      name,
      status,
      offset_seconds: secondsBetween(facts.startedAt, startedAt),
      duration_seconds: secondsBetween(startedAt, finishedAt),
    })),
    launch_attempts: facts.launchAttempts.map(({ clientToken, placement, at, outcome, message }) => ({
      client_token: clientToken,
      instance_type: placement.instanceType,
      market: placement.market,
      region: placement.region,
      zone: placement.zone,
      at,
      outcome,
      message,
    })),
    termination: {
      state: termination.state,
      machine_id: termination.machineId,
      requested_at: termination.requestedAt,
      confirmed_at: termination.confirmedAt,
      proof: termination.proof,
    },
    reproduce: { command: facts.reproduceCommand },
  }
}

function buildEnvironment({ machine, cluster, trials, radix }: EvidenceFacts): Evidence['environment'] {
  const first = trials.find(({ result }) => result)?.result
  return {
    machine: machine && {
      machine_id: machine.machineId,
      provider: machine.provider,
      instance_type: machine.instanceType,
      region: machine.region,
      zone: machine.zone,
      image_id: machine.imageId,
      ...(machine.hostKey === undefined ? {} : { host_key: machine.hostKey }),
      launched_at: machine.launchedAt,
      running_at: machine.runningAt,
    },
    cluster: cluster && {
      cluster_id: cluster.cluster_id,
      name: cluster.name,
      type: cluster.type,
      agent_version: cluster.agent_version,
      capabilities: cluster.capabilities,
    },
    gpus: (cluster?.capabilities?.gpus ?? []).map(describeGpu),
    device: first ? describeDevice(first) : null,
    software: first?.software ?? null,
    radix,
  }
}

/** Earlier agents report GPUs in other words: missing values become null. */
function describeGpu(gpu: Partial<Gpu> | Record<string, unknown>): Evidence['environment']['gpus'][number] {
  const facts: Record<string, unknown> = gpu
  const text = (member: keyof Gpu) => (typeof facts[member] === 'string' ? facts[member] : null)
  const number = (member: keyof Gpu) => (Number.isFinite(facts[member]) ? Number(facts[member]) : null)
  return {
    uuid: text('uuid'),
    name: text('name'),
    memory_total_bytes: number('memory_total_bytes'),
    driver_version: text('driver_version'),
    vbios_version: text('vbios_version'),
    compute_capability: text('compute_capability'),
    power_limit_watts: number('power_limit_watts'),
  }
}

function buildResults(facts: EvidenceFacts): Evidence['results'] {
  const results = facts.trials.map(({ result }) => result).filter((result) => result !== null)
  const reported = facts.trials.map((trial) => trial.result ?? trial.reported).filter((trial) => trial !== null)
  const throughput = summarise(reported.map((trial) => trial.throughput.value))
  const timedSeconds = results.reduce((sum, result) => sum + result.timed_seconds, 0)
  const runSeconds = secondsBetween(facts.startedAt, facts.finishedAt) ?? 0
  return {
    throughput: throughput && { ...throughput, unit: rateUnitOf(workloadOf(facts.request.jobKind)) },
    duration_seconds: summarise(reported.map((trial) => trial.duration_seconds)),
    timed_seconds: timedSeconds,
    measured_share: runSeconds > 0 ? timedSeconds / runSeconds : null,
    trials: facts.trials.map(buildTrial),
  }
}

function buildTrial(trial: TrialFacts): Evidence['results']['trials'][number] {
  const { job, result } = trial
  const hasError = job.error_code !== null || job.error_message !== null
  const { result: resultFile, log } = rawFileNames(trial)
  return {
    trial: trial.trial,
    job_id: job.job_id,
    job_status: job.status,
    error: hasError ? { code: job.error_code, message: job.error_message } : null,
    result: result && buildTrialResult(result),
    ...(trial.reported ? { reported: trial.reported } : {}),
    files: [resultFile, log].filter((name) => name !== null),
  }
}

function buildTrialResult(result: WorkloadResult): TrialResult {
  return {
    throughput: result.throughput,
    work: result.work,
    duration_seconds: result.duration_seconds,
    timed_seconds: result.timed_seconds,
    timed_window: readTimedWindow(result),
    warmup: { steps: result.warmup.steps, seconds: result.warmup.seconds },
    step_seconds: summariseSteps(result.step_seconds),
    loss: result.loss ? { first: result.loss.first, last: result.loss.last } : null,
    device: describeDevice(result),
    workload: { name: result.workload.name, version: result.workload.version },
    recipe: result.recipe ?? null,
    precision: result.precision,
    software: result.software,
    parameters: result.parameters,
  }
}

function describeDevice({ device }: WorkloadResult): TrialResult['device'] {
  return { type: device.type, name: device.name, uuid: device.uuid ?? null }
}
