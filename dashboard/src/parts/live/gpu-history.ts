/** Samples of one or more GPUs, second by second, as charts want them. */
import type { FeedState } from '../../api/job-feed.ts'
import type { Values } from './line-chart.tsx'

type Sample = FeedState['samples'][number]

export interface GpuHistory {
  uuids: readonly string[]
  /** Seconds since the first sample. */
  times: readonly number[]
  /** One line per GPU. */
  valuesOf(read: (sample: Sample) => number | null): readonly Values[]
  throttling: readonly Throttling[]
  /** What a GPU should never say. */
  alarms: readonly string[]
}

/** Why clocks were held down, and when: in seconds since the first sample, from and to. */
export interface Throttling {
  reason: string
  seconds: number
  spans: readonly (readonly [number, number])[]
}

const SECOND_MS = 1000

export function toGpuHistory(samples: readonly Sample[]): GpuHistory {
  const startMs = samples[0]?.atMs ?? 0
  const secondOf = ({ atMs }: Sample) => Math.round((atMs - startMs) / SECOND_MS)
  const uuids = [...new Set(samples.map(({ gpu_uuid }) => gpu_uuid))].sort()
  const bySecond = new Map<number, Map<string, Sample>>()
  for (const sample of samples) {
    const second = secondOf(sample)
    const row = bySecond.get(second) ?? new Map()
    bySecond.set(second, row.set(sample.gpu_uuid, sample))
  }
  const times = [...bySecond.keys()].sort((a, b) => a - b)
  return {
    uuids,
    times,
    valuesOf: (read) =>
      uuids.map((uuid) =>
        times.map((time) => {
          const sample = bySecond.get(time)?.get(uuid)
          return sample ? read(sample) : null
        }),
      ),
    throttling: findThrottling(samples, secondOf),
    alarms: findAlarms(samples),
  }
}

function findThrottling(samples: readonly Sample[], secondOf: (sample: Sample) => number): Throttling[] {
  const seconds = new Map<string, Set<number>>()
  for (const sample of samples) {
    for (const reason of sample.throttle_reasons) {
      const found = seconds.get(reason) ?? new Set()
      seconds.set(reason, found.add(secondOf(sample)))
    }
  }
  return [...seconds].map(([reason, found]) => ({ reason, seconds: found.size, spans: toSpans([...found]) }))
}

/** Seconds that follow one another become one span. */
function toSpans(seconds: readonly number[]): [number, number][] {
  const spans: [number, number][] = []
  for (const second of seconds.toSorted((a, b) => a - b)) {
    const last = spans.at(-1)
    if (last && second - last[1] <= 1) last[1] = second + 1
    else spans.push([second, second + 1])
  }
  return spans
}

function findAlarms(samples: readonly Sample[]): string[] {
  const alarms = new Set<string>()
  for (const { gpu_uuid, xid, ecc_uncorrected_errors: errors } of samples) {
    if (xid) alarms.add(`${gpu_uuid} reported the driver error Xid ${xid}.`)
    if (errors !== null && errors > 0) alarms.add(`${gpu_uuid} has uncorrected memory errors (ECC).`)
  }
  return [...alarms]
}
