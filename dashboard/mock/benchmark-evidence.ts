/**
 * Evidence of a benchmark on a cluster that is there. Its numbers are those that such a machine would give, in the time that it
 * would take; that nobody waits for that long shows in the times alone.
 */
import { type Cluster, Gpu } from '../../src/contract/schemas/cluster.ts'
import type { Evidence } from '../../src/contract/schemas/evidence.ts'
import type { Job } from '../../src/contract/schemas/job.ts'
import type { Run } from '../../src/contract/schemas/run.ts'
import { buildEvidence } from '../../src/evidence/build.ts'
import type { TrialFacts } from '../../src/evidence/facts.ts'
import { gpuFacts, gpuResult, gpuSample } from '../../src/evidence/testing/facts.ts'
import { Resnet50Params } from '../../src/workloads/testing/resnet50-params.ts'
import { imagesPerSecondOf } from './machines.ts'

const WARM_UP_SECONDS = 10
const WARM_UP_PART = 0.25
/** Trials of one run differ by as much. */
const SPREAD = 0.003

export function buildBenchmarkEvidence(run: Run, cluster: Cluster, jobs: readonly Job[], atMs: number): Evidence {
  const base = gpuFacts()
  const params = Resnet50Params.strip().parse(run.parameters)
  const trials = jobs.map((job, index) => makeTrial(job, index + 1, cluster, params))
  return buildEvidence({
    ...base,
    runId: run.run_id,
    request: {
      ...base.request,
      provider: run.provider,
      clusterName: run.cluster_name,
      trials: jobs.length,
      apiBase: 'http://mock',
      params,
    },
    startedAt: run.created_at,
    deadlineAt: run.deadline_at,
    finishedAt: new Date(atMs).toISOString(),
    cluster: { ...cluster },
    machine: null,
    quote: null,
    launchAttempts: [],
    trials,
    phases: run.steps.map(({ name, status, started_at, finished_at }) => ({
      name,
      status,
      startedAt: started_at,
      finishedAt: finished_at,
    })),
    termination: {
      state: 'not_needed',
      machineId: null,
      requestedAt: null,
      confirmedAt: null,
      proof: 'no machine was launched',
    },
    reproduceCommand: `radix bench run --provider existing --cluster-id ${cluster.cluster_id} --recipe ${params.recipe} --trials ${jobs.length}`,
  })
}

/** What the job itself says. */
export function metricsOf(run: Run, trial: number, cluster: Cluster): Job['metrics'] {
  const { speed, seconds } = measureTrial(trial, cluster, Resnet50Params.strip().parse(run.parameters))
  return { throughput: { value: speed, unit: 'images/s' }, duration_seconds: seconds + WARM_UP_SECONDS, exit_code: 0 }
}

function measureTrial(trial: number, cluster: Cluster, params: Resnet50Params) {
  const speed = imagesPerSecondOf(cluster, params.recipe) * (1 + Math.sin(trial) * SPREAD)
  const images = params.epochs * params.steps_per_epoch * params.batch_size
  return { speed, images, seconds: images / speed }
}

function makeTrial(job: Job, trial: number, cluster: Cluster, params: Resnet50Params): TrialFacts {
  const startMs = Date.parse(job.started_at ?? job.created_at)
  const endMs = Date.parse(job.finished_at ?? job.created_at)
  const timedMs = startMs + (endMs - startMs) * WARM_UP_PART
  const gpu = Gpu.safeParse(cluster.capabilities?.gpus?.[0]).data
  const { speed, seconds, images } = measureTrial(trial, cluster, params)
  return {
    trial,
    job,
    reported: null,
    result: gpuResult(speed, {
      recipe: params.recipe,
      parameters: params,
      duration_seconds: seconds + WARM_UP_SECONDS,
      timed_seconds: seconds,
      work: { amount: images, unit: 'images' },
      step_seconds: Array.from(
        { length: params.epochs * params.steps_per_epoch },
        (_, step) => (params.batch_size / speed) * (step % 2 === 0 ? 0.999 : 1.001),
      ),
      timed_window: { started_at: new Date(timedMs).toISOString(), finished_at: new Date(endMs).toISOString() },
      device: gpu
        ? { type: 'cuda', name: gpu.name, uuid: gpu.uuid.replace('GPU-', '') }
        : { type: 'cpu', name: cluster.capabilities?.cpu?.model ?? 'CPU', uuid: null },
    }),
    gpuSamples: gpu
      ? Array.from({ length: Math.floor((endMs - startMs) / 1000) }, (_, second) => ({
          at: new Date(startMs + second * 1000).toISOString(),
          sample: gpuSample({ gpu_uuid: gpu.uuid, power_watts: Math.round((gpu.power_limit_watts ?? 300) * 0.94) }),
        }))
      : [],
    logTail: [`trained on ${gpu?.name ?? 'the CPU'}`],
  }
}
