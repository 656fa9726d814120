/** What a job would tell while it runs: samples, progress and lines, those of the past minute at once, then one a second. */
import type { Cluster } from '../../src/contract/schemas/cluster.ts'
import { Gpu } from '../../src/contract/schemas/cluster.ts'
import type { GpuSample, Job, JobEvent } from '../../src/contract/schemas/job.ts'
import type { StreamMessage } from './mock-server.ts'

const WARM_UP_SECONDS = 6
const STEPS = 200
const IMAGES_PER_SECOND = 2950
const BATCH = 128

export async function* streamJob(job: Job, cluster: Cluster, pastSeconds: number): AsyncIterable<StreamMessage> {
  yield { event: 'job', data: job }
  if (job.status !== 'running') return
  const startMs = Date.parse(job.started_at ?? job.created_at)
  let sequence = 0
  for (let second = 0; ; second++) {
    for (const event of eventsAt(second, startMs, cluster)) {
      sequence += 1
      yield { event: 'job_event', id: sequence, data: { ...event, sequence } satisfies JobEvent }
    }
    if (second >= pastSeconds) await new Promise((resolve) => setTimeout(resolve, 1000))
  }
}

/** Never says that anything changed, and stays open. */
export async function* streamNothing(): AsyncIterable<StreamMessage> {
  yield { event: 'changed', data: { things: [] } }
  await new Promise((resolve) => setTimeout(resolve, 600_000))
}

type Unnumbered = JobEvent extends infer E ? (E extends JobEvent ? Omit<E, 'sequence'> : never) : never

function eventsAt(second: number, startMs: number, cluster: Cluster): Unnumbered[] {
  const at = new Date(startMs + second * 1000).toISOString()
  const gpus = (cluster.capabilities?.gpus ?? []).flatMap((gpu) => Gpu.safeParse(gpu).data ?? [])
  const events: Unnumbered[] = gpus.map((gpu, index) => ({
    kind: 'gpu_sample',
    at,
    data: sampleOf(gpu, index, second),
  }))
  if (second === 1) events.push(line(at, 'NVIDIA H100 80GB HBM3, PyTorch 2.9.0, recipe tuned'))
  if (second === 2) events.push(line(at, 'bf16 autocast, channels_last, fused SGD, compiled'))
  const wobble = Math.sin(second / 3) * 12
  const step = Math.min(STEPS, Math.max(0, second - WARM_UP_SECONDS) * 4)
  events.push({
    kind: 'progress',
    at,
    data: {
      schema: 'radix.progress/v1',
      phase: second < WARM_UP_SECONDS ? 'warmup' : 'train',
      epoch: 1,
      step,
      total_steps: STEPS,
      images_per_second: step === 0 ? null : IMAGES_PER_SECOND + wobble,
      elapsed_seconds: second,
      loss: step === 0 ? null : 7 - step / 2000,
    },
  })
  if (step > 0 && step % 40 === 0)
    events.push(line(at, `step ${step} of ${STEPS}: ${(BATCH / IMAGES_PER_SECOND).toFixed(4)} s`))
  return events
}

function line(at: string, text: string): Unnumbered {
  return { kind: 'log', at, data: { stream: 'stdout', line: text } }
}

function sampleOf(gpu: Gpu, index: number, second: number): GpuSample {
  const load = second < WARM_UP_SECONDS ? second / WARM_UP_SECONDS : 1
  const limit = gpu.power_limit_watts ?? 300
  const isHot = index === 2 && second > 22 && second < 31
  return {
    gpu_uuid: gpu.uuid,
    utilization_percent: Math.round(load * (97 + Math.sin(second + index) * 2)),
    memory_used_bytes: load * 0.52 * (gpu.memory_total_bytes ?? 0),
    power_watts: Math.round(80 + load * (limit * 0.84 + Math.sin(second / 2 + index) * 14 - 80)),
    temperature_celsius: Math.round(36 + load * 26 + Math.min(8, second / 6) + index),
    clock_sm_mhz: isHot ? 1410 : 1980 - index * 4,
    clock_memory_mhz: 2619,
    throttle_reasons: isHot ? ['sw_thermal_slowdown'] : [],
    ecc_uncorrected_errors: 0,
    xid: null,
  }
}
