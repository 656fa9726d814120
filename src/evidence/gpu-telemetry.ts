/** Summarises the samples of each trial: what each GPU did during the timed window. Pure. */

import { z } from 'zod'
import { Timestamp } from '../contract/schemas/common.ts'
import type { GpuTelemetry } from '../contract/schemas/evidence.ts'
import type { GpuSample } from '../contract/schemas/job.ts'
import type { WorkloadResult } from '../contract/schemas/workload.ts'
import { HARNESS_LIMITS } from '../core/limits/harness.ts'
import { mean } from '../core/statistics.ts'
import type { TrialFacts } from './facts.ts'

/** Agents sample once a second: a sample covers the time to the next one, but never longer than this. */
const SAMPLE_REACH_MS = HARNESS_LIMITS.sampleReach.value

const TimedWindow = z.object({ started_at: Timestamp, finished_at: Timestamp })
type TimedWindow = z.infer<typeof TimedWindow>

interface Window {
  kind: GpuTelemetry['window']
  startMs: number
  endMs: number
}

interface WindowedSamples {
  window: Window
  samples: { atMs: number; sample: GpuSample }[]
  before: GpuSample | undefined
  /** The window and a little more: what the driver reports in its last second comes with the next sample. */
  xids: (number | null)[]
}

/**
 * The wall-clock times of the timed window. A workload that reports no times ends with its window. Null if even its end
 * is not known.
 */
export function readTimedWindow(result: WorkloadResult): TimedWindow | null {
  const said = TimedWindow.safeParse(result.timed_window)
  if (said.success) return said.data
  const end = Timestamp.safeParse(result.finished_at)
  if (!end.success) return null
  const start = new Date(Date.parse(end.data) - result.timed_seconds * 1000)
  return { started_at: start.toISOString(), finished_at: end.data }
}

/** One entry for each sampled GPU, over the windows of all trials together. */
export function summariseTelemetry(trials: readonly TrialFacts[]): GpuTelemetry[] {
  const byGpu = new Map<string, WindowedSamples[]>()
  for (const trial of trials) {
    const window = windowOf(trial)
    if (!window) continue
    const uuids = new Set(trial.gpuSamples.map(({ sample }) => sample.gpu_uuid))
    for (const uuid of uuids) byGpu.set(uuid, [...(byGpu.get(uuid) ?? []), select(trial, uuid, window)])
  }
  return [...byGpu].map(([uuid, parts]) => summariseGpu(uuid, parts))
}

function windowOf({ job, result }: TrialFacts): Window | undefined {
  const timed = result && readTimedWindow(result)
  const kind = timed ? 'timed' : 'job'
  const start = timed?.started_at ?? job.started_at
  const end = timed?.finished_at ?? job.finished_at
  if (!start || !end) return undefined
  const startMs = Date.parse(start)
  return { kind, startMs, endMs: Math.max(startMs, Date.parse(end)) }
}

function select(trial: TrialFacts, uuid: string, window: Window): WindowedSamples {
  const all = trial.gpuSamples
    .filter(({ sample }) => sample.gpu_uuid === uuid)
    .map(({ at, sample }) => ({ atMs: Date.parse(at), sample }))
    .sort((a, b) => a.atMs - b.atMs)
  return {
    window,
    samples: all.filter(({ atMs }) => atMs >= window.startMs && atMs <= window.endMs),
    before: all.findLast(({ atMs }) => atMs < window.startMs)?.sample,
    xids: all
      .filter(({ atMs }) => atMs >= window.startMs && atMs <= window.endMs + SAMPLE_REACH_MS)
      .map(({ sample }) => sample.xid),
  }
}

function summariseGpu(uuid: string, parts: readonly WindowedSamples[]): GpuTelemetry {
  const samples = parts.flatMap((part) => part.samples.map(({ sample }) => sample))
  const range = (member: RangeMember) => rangeOf(samples.map((sample) => sample[member]))
  const throttleSeconds: Record<string, number> = {}
  let coveredSeconds = 0
  for (const part of parts) {
    for (const { sample, seconds } of weigh(part)) {
      coveredSeconds += seconds
      for (const reason of sample.throttle_reasons) throttleSeconds[reason] = (throttleSeconds[reason] ?? 0) + seconds
    }
  }
  return {
    gpu_uuid: uuid,
    window: parts.every(({ window }) => window.kind === 'timed') ? 'timed' : 'job',
    window_seconds: parts.reduce((sum, { window }) => sum + (window.endMs - window.startMs) / 1000, 0),
    samples: samples.length,
    covered_seconds: coveredSeconds,
    utilization_percent: range('utilization_percent'),
    memory_used_bytes: range('memory_used_bytes'),
    power_watts: range('power_watts'),
    temperature_celsius: range('temperature_celsius'),
    clock_sm_mhz: range('clock_sm_mhz'),
    clock_memory_mhz: range('clock_memory_mhz'),
    throttle_seconds: throttleSeconds,
    ecc_uncorrected_errors: countEccErrors(parts),
    xids: collectXids(parts),
  }
}

/** Null if no errors were seen and the log could not be read during some trial. */
function collectXids(parts: readonly WindowedSamples[]): number[] | null {
  const found = new Set(parts.flatMap(({ xids }) => xids.flatMap((xid) => (xid ? [xid] : []))))
  const isKnown = parts.every(({ xids }) => xids.some((xid) => xid !== null))
  return found.size === 0 && !isKnown ? null : [...found].sort((a, b) => a - b)
}

type RangeMember = {
  [K in keyof GpuSample]: GpuSample[K] extends number | null ? K : never
}[keyof GpuSample]

function rangeOf(values: readonly (number | null)[]): GpuTelemetry['power_watts'] {
  const known = values.filter((value) => value !== null)
  if (known.length === 0) return null
  return { minimum: Math.min(...known), mean: mean(known), maximum: Math.max(...known) }
}

/** Each sample with the seconds that it covers within its window. */
function weigh({ samples, window }: WindowedSamples): { sample: GpuSample; seconds: number }[] {
  return samples.map(({ atMs, sample }, index) => {
    const untilMs = Math.min(samples[index + 1]?.atMs ?? window.endMs, atMs + SAMPLE_REACH_MS)
    return { sample, seconds: Math.max(0, untilMs - atMs) / 1000 }
  })
}

/** The driver counts since it was loaded, so the evidence uses the increase of the counter in each trial. */
function countEccErrors(parts: readonly WindowedSamples[]): GpuTelemetry['ecc_uncorrected_errors'] {
  let before: number | undefined
  let during = 0
  for (const part of parts) {
    const counts = [part.before, ...part.samples.map(({ sample }) => sample)]
      .map((sample) => sample?.ecc_uncorrected_errors)
      .filter((count) => typeof count === 'number')
    const first = counts[0]
    if (first === undefined) continue
    before ??= first
    during += Math.max(0, Math.max(...counts) - first)
  }
  return before === undefined ? null : { before, during }
}
