/** Clusters that are not there, as their agents would have reported them. */

import type { Cluster } from '../../src/contract/schemas/cluster.ts'
import { newCluster } from '../../src/contract/testing/new-objects.ts'
import { type Random, seededRandom } from '../../src/core/seeded-random.ts'
import { MACHINES, type MadeUpMachine } from './machines.ts'
import { makeId } from './runs.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
/** More than a page of them. */
const PAST_CLUSTERS = 60

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
  const make = (wanted: MakeCluster) => makeCluster(wanted, nowMs, random)
  return [
    make({ name: 'ci-gpu-bench', status: 'active', machine: a10g, ageMs: 4 * MINUTE_MS }),
    make({ name: 'rack-12', status: 'active', machine: h100, gpuCount: 8, ageMs: 12 * DAY_MS }),
    make({ name: 'rack-13', status: 'unreachable', machine: h100, gpuCount: 8, ageMs: 12 * DAY_MS }),
    make({ name: 'render-box', status: 'active', machine: l40s, gpuCount: 2, ageMs: 31 * DAY_MS }),
    make({ name: 'new-lab-machine', status: 'pending', ageMs: 2 * MINUTE_MS }),
    make({ name: 'ci-gpu-bench', status: 'archived', machine: t4, ageMs: 2 * DAY_MS }),
    make({ name: 'laptop', status: 'active', type: 'local', gpuCount: 0, ageMs: 3 * DAY_MS }),
  ]
}

/** Those of runs that have ended, one every day. */
export function makePastClusters(nowMs: number): Cluster[] {
  const random = seededRandom(12)
  return Array.from({ length: PAST_CLUSTERS }, (_, index) => {
    const machine = MACHINES[index % MACHINES.length]
    return makeCluster(
      { name: 'ci-gpu-bench', status: 'archived', machine, ageMs: (index + 3) * DAY_MS },
      nowMs,
      random,
    )
  })
}

function makeCluster(wanted: MakeCluster, nowMs: number, random: Random): Cluster {
  const { name, status, machine, gpuCount = 1, type = 'docker_host', ageMs } = wanted
  const created = new Date(nowMs - ageMs).toISOString()
  const isKnown = status !== 'pending'
  const silentMs = status === 'unreachable' ? 7 * MINUTE_MS : status === 'archived' ? ageMs - 8 * MINUTE_MS : 4000
  return newCluster({
    cluster_id: makeId('cl', random),
    name,
    type,
    status,
    capabilities: isKnown ? capabilitiesOf(name, machine, gpuCount) : null,
    agent_version: isKnown ? '0.1.0' : null,
    heartbeat_interval_seconds: isKnown ? 10 : null,
    last_heartbeat_at: isKnown ? new Date(nowMs - silentMs).toISOString() : null,
    created_at: created,
    archived_at: status === 'archived' ? new Date(nowMs - silentMs).toISOString() : null,
  })
}

/** What an agent would report of such a machine; of one without a GPU where there is none. */
export function capabilitiesOf(
  name: string,
  machine: MadeUpMachine | undefined,
  gpuCount: number,
): Cluster['capabilities'] {
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

function uuidOf(index: number): string {
  return `GPU-6e0a8f0c-0000-4000-8000-00000000000${index}`
}
