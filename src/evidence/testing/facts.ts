/** Facts of runs, for tests: one on an invented GPU machine, and what is changed from it. */
import type { GpuSample, Job } from '../../contract/schemas/job.ts'
import type { WorkloadResult } from '../../contract/schemas/workload.ts'
import { Resnet50Params } from '../../workloads/testing/resnet50-params.ts'
import type { EvidenceFacts, TrialFacts } from '../facts.ts'

export const RUN_ID = 'run_01jdqk4e8f3q8k2c9v5w7x6y1z'
export const GPU_UUID = 'GPU-5f0c1d2e-0000-4a5b-8c6d-7e8f90a1b2c3'
const START_MS = Date.parse('2026-03-02T09:00:00.000Z')
const TRIAL_SECONDS = 90
const TIMED_SECONDS = 75

export function at(seconds: number): string {
  return new Date(START_MS + seconds * 1000).toISOString()
}

/** Three trials on an A10G, everything in order. */
export function gpuFacts(changes: Partial<EvidenceFacts> = {}): EvidenceFacts {
  return {
    runId: RUN_ID,
    status: 'succeeded',
    error: null,
    request: {
      provider: 'ec2',
      clusterName: 'ci-gpu-bench',
      trials: 3,
      ttlMinutes: 45,
      apiBase: 'https://radix.example.com',
      jobKind: 'resnet50_benchmark',
      params: Resnet50Params.parse({}),
    },
    startedAt: at(0),
    deadlineAt: at(2700),
    finishedAt: at(480),
    radix: { version: '0.1.0', commit: 'c0ffee0' },
    cluster: {
      cluster_id: 'cl_01jdqk4e8f3q8k2c9v5w7x6y1z',
      tenant_id: 'local',
      name: 'ci-gpu-bench',
      type: 'docker_host',
      status: 'active',
      status_changed_at: at(90),
      labels: {},
      capabilities: {
        hostname: 'ip-10-0-0-7',
        os: 'Ubuntu 22.04.5 LTS',
        cpu: { model: 'AMD EPYC 7R32', cores: 8 },
        memory_total_bytes: 32 * 1024 ** 3,
        gpus: [
          {
            index: 0,
            uuid: GPU_UUID,
            name: 'NVIDIA A10G',
            memory_total_bytes: 24 * 1024 ** 3,
            driver_version: '570.86.15',
            vbios_version: '94.02.75.00.01',
            compute_capability: '8.6',
            pci_bus_id: '00000000:00:1E.0',
            power_limit_watts: 300,
          },
        ],
      },
      agent_version: '0.1.0',
      heartbeat_interval_seconds: 10,
      last_heartbeat_at: at(400),
      created_at: at(2),
      archived_at: null,
    },
    machine: {
      machineId: 'i-0123456789abcdef0',
      provider: 'ec2',
      instanceType: 'g5.2xlarge',
      region: 'us-west-2',
      zone: 'us-west-2b',
      imageId: 'ami-0abcdef1234567890',
      launchedAt: at(5),
      runningAt: at(30),
    },
    quote: { pricePerHourUsd: 1.212, source: 'AWS Price List, 2026-03-01' },
    launchAttempts: [
      {
        clientToken: `${RUN_ID}-1`,
        placement: {
          region: 'us-west-2',
          zone: 'us-west-2b',
          instanceType: 'g5.2xlarge',
          market: 'on-demand' as const,
        },
        at: at(4),
        outcome: 'launched',
        message: null,
      },
    ],
    trials: [gpuTrial(1, 343.2), gpuTrial(2, 342.1), gpuTrial(3, 344.6)],
    phases: [
      { name: 'authenticate', status: 'succeeded', startedAt: at(0), finishedAt: at(0.4) },
      { name: 'launch-machine', status: 'succeeded', startedAt: at(4), finishedAt: at(6) },
      { name: 'await-cluster', status: 'succeeded', startedAt: at(30), finishedAt: at(95) },
      { name: 'run-trials', status: 'succeeded', startedAt: at(95), finishedAt: at(395) },
      { name: 'terminate-machine', status: 'succeeded', startedAt: at(400), finishedAt: at(478) },
      { name: 'write-evidence', status: 'running', startedAt: at(479), finishedAt: null },
      { name: 'clean-up', status: 'pending', startedAt: null, finishedAt: null },
    ],
    termination: {
      state: 'confirmed',
      machineId: 'i-0123456789abcdef0',
      requestedAt: at(400),
      confirmedAt: at(478),
      proof: 'provider ec2 answered: i-0123456789abcdef0: terminated; no machine is tagged with the run',
    },
    reproduceCommand: 'radix bench run --provider ec2 --trials 3 --epochs 1 --batch-size 128',
    ...changes,
  }
}

/** One trial on the CPU of this machine. */
export function cpuFacts(changes: Partial<EvidenceFacts> = {}): EvidenceFacts {
  const base = gpuFacts()
  const params = Resnet50Params.parse({ batch_size: 8, steps_per_epoch: 4, image_size: 64, allow_cpu: true })
  const trial = gpuTrial(1, 12.5, {
    duration_seconds: 4,
    timed_seconds: 2.56,
    work: { amount: 32, unit: 'images' },
    step_seconds: [0.63, 0.65, 0.64, 0.64],
    device: { type: 'cpu', name: 'AMD EPYC 7R32', uuid: null },
    parameters: params,
  })
  return gpuFacts({
    request: { ...base.request, provider: 'local', trials: 1, apiBase: 'embedded', params },
    radix: { version: '0.1.0', commit: null },
    cluster: base.cluster && {
      ...base.cluster,
      type: 'local',
      capabilities: { hostname: 'bench', gpus: [], gpu_note: 'nvidia-smi was not found' },
    },
    machine: base.machine && {
      ...base.machine,
      machineId: 'local-1234',
      provider: 'local',
      instanceType: null,
      region: null,
      zone: null,
      imageId: null,
    },
    quote: null,
    launchAttempts: [{ clientToken: `${RUN_ID}-1`, placement: NOWHERE, at: at(4), outcome: 'launched', message: null }],
    finishedAt: at(12),
    trials: [{ ...trial, gpuSamples: [] }],
    phases: [{ name: 'run-trials', status: 'succeeded', startedAt: at(3), finishedAt: at(8) }],
    reproduceCommand: 'radix bench run --provider local --allow-cpu',
    ...changes,
  })
}

const NOWHERE = { region: null, zone: null, instanceType: null, market: null }

/** The launch failed: there is next to nothing. */
export function failedFacts(changes: Partial<EvidenceFacts> = {}): EvidenceFacts {
  return gpuFacts({
    status: 'failed',
    error: {
      code: 'LAUNCH_FAILED',
      title: 'Failed to launch the machine',
      why: 'Provider ec2 could not launch it: no capacity',
      fix: 'Read the cause below.',
    },
    cluster: null,
    machine: null,
    trials: [],
    quote: { pricePerHourUsd: 1.212, source: 'AWS Price List, 2026-03-01' },
    launchAttempts: [
      {
        clientToken: `${RUN_ID}-1`,
        placement: {
          region: 'us-west-2',
          zone: 'us-west-2b',
          instanceType: 'g5.2xlarge',
          market: 'on-demand' as const,
        },
        at: at(4),
        outcome: 'failed',
        message: 'no capacity',
      },
    ],
    phases: [{ name: 'launch-machine', status: 'failed', startedAt: at(4), finishedAt: at(6) }],
    termination: {
      state: 'not_needed',
      machineId: null,
      requestedAt: null,
      confirmedAt: null,
      proof: 'no machine was launched',
    },
    finishedAt: at(7),
    ...changes,
  })
}

export function gpuTrial(trial: number, imagesPerSecond: number, changes: Partial<WorkloadResult> = {}): TrialFacts {
  const startSeconds = 95 + (trial - 1) * 100
  const timedStart = startSeconds + 10
  const result = gpuResult(imagesPerSecond, {
    timed_window: { started_at: at(timedStart), finished_at: at(timedStart + TIMED_SECONDS) },
    ...changes,
  })
  return {
    trial,
    job: job(trial, { started_at: at(startSeconds), finished_at: at(startSeconds + TRIAL_SECONDS) }),
    result,
    reported: null,
    gpuSamples: Array.from({ length: TRIAL_SECONDS }, (_, second) => ({
      at: at(startSeconds + second),
      sample: gpuSample(second >= 10 ? {} : { utilization_percent: 5, power_watts: 60 }),
    })),
    logTail: ['training on NVIDIA A10G', `{"radix_metrics": {"throughput": ${imagesPerSecond}}}`],
  }
}

export function gpuResult(imagesPerSecond: number, changes: Partial<WorkloadResult> = {}): WorkloadResult {
  const images = Math.round(imagesPerSecond * TIMED_SECONDS)
  const params = Resnet50Params.parse({})
  return {
    schema: 'radix.result/v2',
    status: 'succeeded',
    workload: { name: 'resnet50_benchmark', version: '1.0.0' },
    recipe: params.recipe,
    parameters: params,
    throughput: { value: imagesPerSecond, unit: 'images/s' },
    work: { amount: images, unit: 'images' },
    duration_seconds: 85.6,
    timed_seconds: images / imagesPerSecond,
    step_seconds: Array.from({ length: 200 }, (_, step) => (128 / imagesPerSecond) * (step % 2 === 0 ? 0.999 : 1.001)),
    warmup: { steps: 10, seconds: 8.2 },
    loss: { first: 7.021, last: 6.914, finite: true },
    device: { type: 'cuda', name: 'NVIDIA A10G', uuid: GPU_UUID.replace('GPU-', '') },
    software: { python: '3.11.2', pytorch: '2.6.0', cuda: '12.4' },
    precision: { compute: 'fp32', tf32: false, memory_format: 'contiguous' },
    ...changes,
  }
}

export function gpuSample(changes: Partial<GpuSample> = {}): GpuSample {
  return {
    gpu_uuid: GPU_UUID,
    utilization_percent: 99,
    memory_used_bytes: 18 * 1024 ** 3,
    power_watts: 290,
    temperature_celsius: 62,
    clock_sm_mhz: 1710,
    clock_memory_mhz: 6251,
    throttle_reasons: [],
    ecc_uncorrected_errors: 0,
    xid: 0,
    ...changes,
  }
}

export function job(trial: number, changes: Partial<Job> = {}): Job {
  return {
    job_id: `job_01jdqk4e8f3q8k2c9v5w7x6y${trial}z`,
    cluster_id: 'cl_01jdqk4e8f3q8k2c9v5w7x6y1z',
    tenant_id: 'local',
    run_id: RUN_ID,
    job_kind: 'resnet50_benchmark',
    params: {},
    status: 'succeeded',
    timeout_seconds: 2700,
    cancel_requested: false,
    progress: null,
    metrics: null,
    output_payload: null,
    error_message: null,
    error_code: null,
    lease_epoch: 1,
    created_at: at(95),
    leased_at: at(95),
    started_at: at(95),
    finished_at: at(185),
    ...changes,
  }
}
