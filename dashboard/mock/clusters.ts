/** Clusters that are not there, as their agents would have reported them. */
import type { Cluster } from '../../src/contract/schemas/cluster.ts'
import type { Job } from '../../src/contract/schemas/job.ts'
import { Resnet50Params } from '../../src/contract/schemas/workload.ts'
import { seededRandom } from '../../src/core/seeded-random.ts'
import { MACHINES, type MadeUpMachine } from './machines.ts'
import { type MadeUpRun, makeId } from './runs.ts'

const MINUTE_MS = 60_000

interface MakeCluster {
  name: string
  status: Cluster['status']
  machine?: MadeUpMachine | undefined
  gpuCount?: number
  type?: Cluster['type']
  ageMs: number
}

export function makeClusters(nowMs: number): Cluster[] {
  const [t4, a10g, , l40s, h100] = MACHINES
  const random = seededRandom(11)
  const make = ({ name, status, machine, gpuCount = 1, type = 'docker_host', ageMs }: MakeCluster): Cluster => {
    const created = new Date(nowMs - ageMs).toISOString()
    const isKnown = status !== 'pending'
    const silentMs = status === 'unreachable' ? 7 * MINUTE_MS : status === 'archived' ? ageMs - 8 * MINUTE_MS : 4000
    return {
      cluster_id: makeId('cl', random),
      tenant_id: 'local',
      name,
      type,
      status,
      status_changed_at: created,
      labels: {},
      capabilities: isKnown ? capabilitiesOf(name, machine, gpuCount) : null,
      agent_version: isKnown ? '0.1.0' : null,
      heartbeat_interval_seconds: isKnown ? 10 : null,
      last_heartbeat_at: isKnown ? new Date(nowMs - silentMs).toISOString() : null,
      created_at: created,
      archived_at: status === 'archived' ? new Date(nowMs - silentMs).toISOString() : null,
    }
  }
  const days = 24 * 60 * MINUTE_MS
  return [
    make({ name: 'ci-gpu-bench', status: 'active', machine: a10g, ageMs: 4 * MINUTE_MS }),
    make({ name: 'rack-12', status: 'active', machine: h100, gpuCount: 8, ageMs: 12 * days }),
    make({ name: 'rack-13', status: 'unreachable', machine: h100, gpuCount: 8, ageMs: 12 * days }),
    make({ name: 'render-box', status: 'active', machine: l40s, gpuCount: 2, ageMs: 31 * days }),
    make({ name: 'new-lab-machine', status: 'pending', ageMs: 2 * MINUTE_MS }),
    make({ name: 'ci-gpu-bench', status: 'archived', machine: t4, ageMs: 2 * days }),
    make({ name: 'laptop', status: 'active', type: 'local', gpuCount: 0, ageMs: 3 * days }),
  ]
}

function capabilitiesOf(name: string, machine: MadeUpMachine | undefined, gpuCount: number): Cluster['capabilities'] {
  return {
    hostname: name,
    os: 'Ubuntu 24.04.3 LTS',
    architecture: 'x64',
    cpu: { model: 'AMD EPYC 7R13', cores: 8 * Math.max(1, gpuCount) },
    memory_total_bytes: 32 * Math.max(1, gpuCount) * 1024 ** 3,
    executors: ['docker', 'process'],
    job_kinds: ['resnet50_benchmark'],
    gpus: machine
      ? Array.from({ length: gpuCount }, (_, index) => ({
          index,
          uuid: uuidOf(index),
          name: machine.gpu,
          memory_total_bytes: machine.memoryGib * 1024 ** 3,
          driver_version: '570.86.15',
          vbios_version: '96.00.A5.00.01',
          compute_capability: '9.0',
          pci_bus_id: `00000000:0${index}:00.0`,
          power_limit_watts: machine.powerLimitWatts,
        }))
      : [],
  }
}

export function uuidOf(index: number): string {
  return `GPU-6e0a8f0c-0000-4000-8000-00000000000${index}`
}

/** A job that trains now on this cluster, and one that has ended for each trial of these runs. */
export function makeJobs(cluster: Cluster, runs: readonly MadeUpRun[], nowMs: number): Job[] {
  const startedMs = nowMs - 40_000
  const base: Job = {
    job_id: 'job_00000000000000000000000now',
    cluster_id: cluster.cluster_id,
    tenant_id: 'local',
    run_id: null,
    job_kind: 'resnet50_benchmark',
    params: Resnet50Params.parse({}),
    status: 'running',
    timeout_seconds: 2700,
    cancel_requested: false,
    progress: null,
    metrics: null,
    output_payload: null,
    error_message: null,
    error_code: null,
    lease_epoch: 1,
    created_at: new Date(startedMs - 300).toISOString(),
    leased_at: new Date(startedMs - 100).toISOString(),
    started_at: new Date(startedMs).toISOString(),
    finished_at: null,
  }
  const ended = runs.flatMap(({ run, evidence }) =>
    (evidence?.results.trials ?? []).map(
      ({ job_id, trial, result }): Job => ({
        ...base,
        job_id: `${job_id}${run.run_id.slice(-4)}${trial}`,
        run_id: run.run_id,
        status: 'succeeded',
        metrics: result && {
          throughput_images_per_sec: result.throughput_images_per_sec,
          duration_seconds: result.duration_seconds,
          exit_code: 0,
        },
        created_at: run.created_at,
        leased_at: run.created_at,
        started_at: run.created_at,
        finished_at: run.ended_at,
      }),
    ),
  )
  return [base, ...ended]
}
