/** What a job tells while it runs: samples, progress and lines, once a second; all of it follows from when it started. */
import { type Cluster, Gpu } from '../../src/contract/schemas/cluster.ts'
import type { GpuSample, Job, JobEvent } from '../../src/contract/schemas/job.ts'
import { isFinal, JOB_TRANSITIONS } from '../../src/core/transitions.ts'
import { Resnet50Params } from '../../src/workloads/testing/resnet50-params.ts'
import { imagesPerSecondOf } from './machines.ts'
import type { StreamMessage } from './mock-server.ts'

const WARM_UP_SECONDS = 6
const STEPS_PER_SECOND = 4
const STEPS_PER_LINE = 40
/** The span of earlier events in a new stream. */
const PAST_SECONDS = 120
/** More than there are events in a second: sequences grow, with gaps. */
const SEQUENCES_PER_SECOND = 100
const LOOK_MS = 250

interface Played {
  cluster: Cluster
  /** How long the job takes; as long as it takes where absent. */
  seconds: number | undefined
}

/** `read`: the job as it is by then. */
export async function* streamJob(read: () => Job, played: Played, signal: AbortSignal): AsyncIterable<StreamMessage> {
  let told = ''
  let nextSecond = Math.max(0, secondsOf(read()) - PAST_SECONDS)
  while (!signal.aborted) {
    const job = read()
    const isOver = isFinal(JOB_TRANSITIONS, job.status)
    const state = `${job.status} ${job.cancel_requested}`
    if (!isOver && state !== told) yield { event: 'job', data: job }
    told = state
    for (; nextSecond <= secondsOf(job); nextSecond++) {
      for (const event of eventsAt(nextSecond, job, played)) {
        yield { event: 'job_event', id: event.sequence, data: event }
      }
    }
    if (isOver) {
      yield { event: 'job', data: job }
      return
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}

export function listEvents(job: Job, played: Played): JobEvent[] {
  return Array.from({ length: secondsOf(job) + 1 }, (_, second) => eventsAt(second, job, played)).flat()
}

/** Whole seconds that it has run; -1 before it started. What succeeded has come to its last step. */
function secondsOf({ status, started_at, finished_at }: Job): number {
  if (started_at === null) return -1
  const endMs = finished_at === null ? Date.now() : Date.parse(finished_at)
  const seconds = (endMs - Date.parse(started_at)) / 1000
  return status === 'succeeded' ? Math.ceil(seconds) : Math.floor(seconds)
}

type Unnumbered = JobEvent extends infer E ? (E extends JobEvent ? Omit<E, 'sequence'> : never) : never

function eventsAt(second: number, job: Job, played: Played): JobEvent[] {
  const at = new Date(Date.parse(job.started_at ?? job.created_at) + second * 1000).toISOString()
  const gpus = (played.cluster.capabilities?.gpus ?? []).flatMap((gpu) => Gpu.safeParse(gpu).data ?? [])
  const params = Resnet50Params.strip().parse(job.params)
  const total = params.epochs * params.steps_per_epoch
  const seconds = played.seconds ?? WARM_UP_SECONDS + total / STEPS_PER_SECOND
  const warmUp = Math.min(WARM_UP_SECONDS, seconds / 4)
  const stepAt = (when: number) =>
    Math.min(total, Math.max(0, Math.floor(((when - warmUp) / (seconds - warmUp)) * total)))
  const step = stepAt(second)
  const speed = imagesPerSecondOf(played.cluster, params.recipe)
  const events: Unnumbered[] = gpus.map((gpu, index) => ({
    kind: 'gpu_sample',
    at,
    data: sampleOf(gpu, index, second, warmUp),
  }))
  if (second === 1) events.push(line(at, `${gpus[0]?.name ?? 'CPU'}, PyTorch 2.9.0, recipe ${params.recipe}`))
  if (second === 2 && params.recipe === 'tuned') {
    events.push(line(at, 'bf16 autocast, channels_last, fused SGD, compiled'))
  }
  events.push({
    kind: 'progress',
    at,
    data: {
      schema: 'radix.progress/v2',
      phase: step === 0 ? 'warmup' : 'train',
      epoch: Math.min(params.epochs, 1 + Math.floor(step / params.steps_per_epoch)),
      step,
      total_steps: total,
      throughput: step === 0 ? null : { value: speed * (1 + Math.sin(second / 3) * 0.004), unit: 'images/s' },
      elapsed_seconds: second,
      loss: step === 0 ? null : Math.max(2, 7 - step / 2000),
    },
  })
  if (Math.floor(step / STEPS_PER_LINE) > Math.floor(stepAt(second - 1) / STEPS_PER_LINE)) {
    events.push(line(at, `step ${step} of ${total}: ${(params.batch_size / speed).toFixed(4)} s`))
  }
  return events.map((event, index) => ({ ...event, sequence: second * SEQUENCES_PER_SECOND + index + 1 }))
}

function line(at: string, text: string): Unnumbered {
  return { kind: 'log', at, data: { stream: 'stdout', line: text } }
}

function sampleOf(gpu: Gpu, index: number, second: number, warmUp: number): GpuSample {
  const load = second < warmUp ? second / warmUp : 1
  const limit = gpu.power_limit_watts ?? 300
  const isHot = index === 2 && second % 60 > 22 && second % 60 < 31
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
    xid: 0,
  }
}
