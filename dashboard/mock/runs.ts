/** Runs that never ran, with evidence that is built as that of real ones is. */

import { summariseEvidence } from '../../src/contract/evidence-summary.ts'
import type { Cluster } from '../../src/contract/schemas/cluster.ts'
import type { Evidence } from '../../src/contract/schemas/evidence.ts'
import type { Run } from '../../src/contract/schemas/run.ts'
import { newRun } from '../../src/contract/testing/new-objects.ts'
import { type Random, seededRandom } from '../../src/core/seeded-random.ts'
import { buildEvidence } from '../../src/evidence/build.ts'
import type { EvidenceFacts } from '../../src/evidence/facts.ts'
import { cpuFacts, failedFacts, gpuFacts, gpuSample, gpuTrial } from '../../src/evidence/testing/facts.ts'
import { STEP_NAMES } from '../../src/harness/step-names.ts'
import { Resnet50Params } from '../../src/workloads/testing/resnet50-params.ts'
import { MACHINES, type MadeUpMachine } from './machines.ts'

const DAY_MS = 86_400_000
const LAUNCH_MS = 4000
/** When the facts that these are made from began. */
const FACTS_START_MS = Date.parse('2026-03-02T09:00:00.000Z')
const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz'

export interface MadeUpRun {
  run: Run
  evidence: Evidence | null
}

/** The last months of a team that measures every few days: the newest first. One machine has become slower. */
export function makeRuns(nowMs: number): MadeUpRun[] {
  const random = seededRandom(7)
  const runs: MadeUpRun[] = []
  for (let daysAgo = 1; daysAgo < 80; daysAgo += 2) {
    for (const machine of MACHINES) {
      if (random.uniform() < 0.45) continue
      const recipe = random.uniform() < 0.3 ? 'tuned' : 'reference'
      const isSlower = machine.instanceType === 'g5.xlarge' && daysAgo < 14
      const factor = (1 + (random.uniform() - 0.5) * 0.02) * (isSlower ? 0.93 : 1)
      runs.push(
        makeRun({
          machine,
          recipe,
          factor,
          atMs: nowMs - daysAgo * DAY_MS - Math.floor(random.uniform() * 7) * 3_600_000,
          random,
        }),
      )
    }
  }
  return runs
}

interface MakeRun {
  machine: MadeUpMachine
  recipe: 'reference' | 'tuned'
  factor: number
  atMs: number
  random: Random
}

function makeRun({ machine, recipe, factor, atMs, random }: MakeRun): MadeUpRun {
  const runId = makeId('run', random)
  const imagesPerSecond = machine.imagesPerSecond * factor * (recipe === 'tuned' ? machine.tunedFactor : 1)
  const evidence = shiftTimes(
    buildEvidence(factsOf({ machine, recipe, runId, imagesPerSecond, random })),
    atMs - FACTS_START_MS,
  )
  return { evidence, run: runOf(evidence, machine, recipe, atMs) }
}

function factsOf(made: Pick<MakeRun, 'machine' | 'recipe' | 'random'> & { runId: string; imagesPerSecond: number }) {
  const { machine, recipe, runId, imagesPerSecond, random } = made
  const base = gpuFacts()
  const machineId = `i-0${Array.from({ length: 16 }, () => Math.floor(random.uniform() * 16).toString(16)).join('')}`
  const params = Resnet50Params.parse({ recipe })
  const precision =
    recipe === 'tuned'
      ? { compute: 'bf16 autocast', tf32: true, memory_format: 'channels_last' }
      : { compute: 'fp32', tf32: false, memory_format: 'contiguous' }
  const sample = gpuSample({
    memory_used_bytes: machine.memoryGib * 0.7 * 1024 ** 3,
    power_watts: Math.round(machine.powerLimitWatts * 0.94),
  })
  return gpuFacts({
    runId,
    request: { ...base.request, clusterName: 'ci-gpu-bench', params },
    cluster: base.cluster && { ...base.cluster, capabilities: renameGpu(base.cluster.capabilities, machine.gpu) },
    machine: base.machine && { ...base.machine, machineId, instanceType: machine.instanceType },
    quote: { pricePerHourUsd: machine.pricePerHourUsd, source: 'made up' },
    termination: {
      ...base.termination,
      machineId,
      proof: `provider ec2 answered: ${machineId}: terminated; no machine is tagged with the run`,
    },
    trials: [1, 2, 3].map((number) => {
      const trial = gpuTrial(number, imagesPerSecond * (1 + (random.uniform() - 0.5) * 0.008), {
        recipe,
        precision,
        parameters: params,
      })
      const device = { type: 'cuda', name: machine.gpu, uuid: trial.result?.device.uuid ?? null }
      return {
        ...trial,
        result: trial.result && { ...trial.result, device },
        gpuSamples: trial.gpuSamples.map(({ at }) => ({ at, sample })),
      }
    }),
    reproduceCommand: `radix bench run --provider ec2 --instance-type ${machine.instanceType} --recipe ${recipe} --trials 3`,
  })
}

/** As the control plane would have it of such evidence. */
export function runOf(
  evidence: Evidence,
  machine: Pick<MadeUpMachine, 'instanceType' | 'gpu'>,
  recipe: string,
  atMs: number,
): Run {
  const summary = summariseEvidence(evidence)
  const { throughput, work_per_usd, machine_usd } = summary
  const interval = throughput?.confidence_interval_95
  return newRun({
    run_id: evidence.run_id,
    cluster_name: evidence.request.cluster_name,
    cluster_id: evidence.environment.cluster?.cluster_id ?? null,
    status: 'succeeded',
    parameters: { ...evidence.request.parameters, recipe, trials: evidence.request.trials },
    steps: makeSteps(atMs),
    machine: {
      machine_id: evidence.termination.machine_id ?? '',
      instance_type: machine.instanceType,
      state: 'terminated',
      launched_at: new Date(atMs + LAUNCH_MS).toISOString(),
      terminated_at: evidence.termination.confirmed_at,
    },
    verdict: summary.verdict.level,
    throughput: throughput && { value: throughput.mean, unit: throughput.unit },
    duration_seconds: summary.duration_seconds,
    worst_case_cost_usd: evidence.cost?.worst_case_usd ?? null,
    has_evidence: true,
    measurement: throughput && {
      trials: throughput.n,
      recipe,
      device_name: machine.gpu,
      instance_type: machine.instanceType,
      interval: interval ? { low: interval.low, high: interval.high } : null,
      work_per_usd,
      machine_usd,
    },
    deadline_at: evidence.deadline_at,
    created_at: evidence.started_at,
    ended_at: evidence.finished_at,
  })
}

/** As long as such steps take; the last one ends the run. */
const STEP_SECONDS = [0.4, 1.1, 0.1, 0.2, 0.6, 2.2, 24, 66, 300, 3.8, 78, 0.4, 0.9]

function makeSteps(atMs: number): Run['steps'] {
  let seconds = 0
  return STEP_NAMES.map((name, index) => {
    const started = new Date(atMs + seconds * 1000).toISOString()
    seconds += STEP_SECONDS[index] ?? 1
    const isLast = index === STEP_NAMES.length - 1
    const finished = new Date(atMs + seconds * 1000).toISOString()
    return {
      name,
      status: isLast ? 'running' : 'succeeded',
      started_at: started,
      finished_at: isLast ? null : finished,
      message: null,
    }
  })
}

/** Of a run whose machine could not be launched. */
function makeFailedSteps(atMs: number): Run['steps'] {
  const failed = STEP_NAMES.indexOf('launch-machine')
  return makeSteps(atMs).map((step, index) => {
    if (index === failed) return { ...step, status: 'failed', message: 'Provider ec2 could not launch it: no capacity' }
    if (step.name === 'create-cluster') return { ...step, status: 'undone' }
    return index < failed ? step : { ...step, status: 'pending', started_at: null, finished_at: null }
  })
}

function renameGpu(capabilities: Cluster['capabilities'], name: string): Cluster['capabilities'] {
  return capabilities && { ...capabilities, gpus: (capabilities.gpus ?? []).map((gpu) => ({ ...gpu, name })) }
}

/** One that goes on, one that failed, and one on a CPU. */
export function makeOtherRuns(nowMs: number): MadeUpRun[] {
  const random = seededRandom(3)
  const make = (facts: EvidenceFacts, startedMs: number, change: Partial<Run>): MadeUpRun => {
    const evidence = shiftTimes(buildEvidence({ ...facts, runId: makeId('run', random) }), startedMs - FACTS_START_MS)
    const run = runOf(evidence, { ...EXAMPLE, gpu: evidence.environment.device?.name ?? '' }, 'reference', startedMs)
    return { evidence, run: { ...run, status: evidence.status, error_code: evidence.error?.code ?? null, ...change } }
  }
  const failed = make(failedFacts(), nowMs - 5 * 3_600_000, {
    machine: null,
    steps: makeFailedSteps(nowMs - 5 * 3_600_000),
  })
  const onCpu = make(cpuFacts(), nowMs - 3 * 3_600_000, { provider: 'local', cluster_name: 'laptop', machine: null })
  if (onCpu.run.measurement) onCpu.run.measurement.instance_type = null
  const { run } = make(gpuFacts(), nowMs - 130_000, {})
  const running: Run = {
    ...run,
    status: 'running',
    has_evidence: false,
    verdict: null,
    throughput: null,
    measurement: null,
    ended_at: null,
    machine: run.machine && { ...run.machine, state: 'running', launched_at: new Date(nowMs - 125_000).toISOString() },
    steps: run.steps.map((step, index) => {
      if (index < RUNNING_STEP) return step
      const isNow = index === RUNNING_STEP
      const started_at = isNow ? new Date(nowMs - 34_000).toISOString() : null
      return { ...step, status: isNow ? 'running' : 'pending', started_at, finished_at: null }
    }),
  }
  return [{ run: running, evidence: null }, onCpu, failed]
}

const [
  EXAMPLE = {
    instanceType: '',
    gpu: '',
    imagesPerSecond: 1,
    tunedFactor: 1,
    pricePerHourUsd: 1,
    memoryGib: 1,
    powerLimitWatts: 1,
  },
] = MACHINES.slice(1)
const RUNNING_STEP = STEP_NAMES.indexOf('run-trials')

export function makeId(prefix: string, random: Random): string {
  return `${prefix}_${Array.from({ length: 26 }, () => CROCKFORD[Math.floor(random.uniform() * 32)]).join('')}`
}

/** Every time in it, by as much. */
function shiftTimes<T>(value: T, byMs: number): T {
  return mapTimes(value, (atMs) => atMs + byMs)
}

export function mapTimes<T>(value: T, change: (atMs: number) => number): T {
  const text = JSON.stringify(value).replaceAll(/"(\d{4}-\d\d-\d\dT[\d:.]+Z)"/g, (_, at: string) =>
    JSON.stringify(new Date(change(Date.parse(at))).toISOString()),
  )
  return JSON.parse(text)
}
