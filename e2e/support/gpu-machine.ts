/** An agent in this process for a machine with GPUs that do not exist: it reports the given samples. */
import { type ControlPlaneClient, createClient } from '../../src/contract/client.ts'
import type { GpuSample } from '../../src/contract/schemas/job.ts'

const GPU = {
  index: 0,
  uuid: 'GPU-6e0a8f0c-0000-4000-8000-000000000001',
  name: 'NVIDIA H100 80GB HBM3',
  memory_total_bytes: 80 * 1024 ** 3,
  driver_version: '550.127.05',
  vbios_version: '96.00.A5.00.01',
  compute_capability: '9.0',
  pci_bus_id: '00000000:0B:00.0',
  power_limit_watts: 700,
}
const SAMPLE: GpuSample = {
  gpu_uuid: GPU.uuid,
  utilization_percent: 97,
  memory_used_bytes: 41 * 1024 ** 3,
  power_watts: 640,
  temperature_celsius: 71,
  clock_sm_mhz: 1980,
  clock_memory_mhz: 2619,
  throttle_reasons: [],
  ecc_uncorrected_errors: 0,
  xid: null,
}

export interface GpuMachine {
  clusterId: string
  /** One sample a second, from where the last ones ended, all but `changes` as a GPU at work; then a line: `reported 40 samples`. */
  report(count: number, changes?: Partial<GpuSample>): Promise<void>
  stop(): void
}

const RENEW_MS = 3000

/** A cluster of this name, on which a job runs that does not end. */
export async function startGpuMachine(user: ControlPlaneClient, name: string): Promise<GpuMachine> {
  const { cluster_id } = await user.call('createCluster', { body: { name } })
  const params = { cluster_id }
  const { one_time_token } = await user.call('createOnboardingToken', { params })
  const newcomer = createClient({ baseUrl: user.baseUrl, credential: () => one_time_token })
  const { cluster_token } = await newcomer.call('exchangeOnboardingToken', { params })
  const agent = createClient({ baseUrl: user.baseUrl, credential: () => cluster_token })
  const capabilities = { hostname: 'gpu-machine', gpus: [GPU], cpu: { model: 'Xeon', cores: 208 } }
  await agent.call('heartbeat', { params, body: { capabilities, heartbeat_interval_seconds: 600 } })
  await user.call('launchJob', { params, body: { job_kind: 'resnet50_benchmark' } })
  const { jobs } = await agent.call('pollJobs', { params, body: { wait_seconds: 10 } })
  const [job] = jobs
  if (!job) throw new Error('the job was not handed out')
  const startMs = Date.now()
  let sequence = 0
  let seconds = 0
  const address = { ...params, job_id: job.job_id }
  const body = { lease_token: job.lease.token }
  // While the control plane is down, the next one does it.
  const renewing = setInterval(() => {
    agent.call('renewLease', { params: address, body }, { retries: 0 }).catch(() => {})
  }, RENEW_MS)
  return {
    clusterId: cluster_id,
    stop: () => clearInterval(renewing),
    async report(count, changes = {}) {
      const samples = Array.from({ length: count }, () => {
        seconds += 1
        const event = { sequence: ++sequence, at: new Date(startMs + seconds * 1000).toISOString() }
        return { ...event, kind: 'gpu_sample' as const, data: { ...SAMPLE, ...changes } }
      })
      const line = { stream: 'stdout' as const, line: `reported ${seconds} samples` }
      const log = { sequence: ++sequence, at: new Date().toISOString(), kind: 'log' as const, data: line }
      const events = [...samples, log]
      await agent.call('reportJobEvents', { params: address, body: { ...body, started: true, events } })
    },
  }
}
