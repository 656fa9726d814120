/** One sample per GPU and second while a job runs, from one child process that streams them and from the kernel's log. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { GpuSample } from '../../contract/schemas/job.ts'
import { FORMAT_ARGUMENT, parseSample, SAMPLE_FIELDS, type SampledGpu, THROTTLE_FIELDS } from './nvidia-smi.ts'
import type { XidLog } from './xid-log.ts'

export interface GpuSampler {
  stop(): void
}

interface Options {
  command?: string
  /** Closed with the sampler; null where there is none. */
  xidLog: XidLog | null
}

const INTERVAL_MS = 1000

/** `onNote` hears once why no samples come, where none do. */
export function startGpuSampler(
  onSample: (sample: GpuSample) => void,
  onNote: (note: string) => void,
  { command = 'nvidia-smi', xidLog }: Options,
): GpuSampler {
  let stopped = false
  let stopCurrent = () => {}
  const last = new Map<string, SampledGpu>()

  const report = ({ busId, sample }: SampledGpu, isLast: boolean) => {
    const xids = xidLog?.take(busId) ?? null
    for (const xid of xids ?? []) onSample({ ...sample, xid })
    if (!xids?.length && !isLast) onSample({ ...sample, xid: xids ? 0 : null })
  }

  const stream = (throttleFields: readonly string[]) => {
    const [throttleField, ...older] = throttleFields
    const fields = [...SAMPLE_FIELDS, throttleField].join(',')
    const child = spawn(command, [`--query-gpu=${fields}`, FORMAT_ARGUMENT, `--loop-ms=${INTERVAL_MS}`], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    stopCurrent = () => {
      // One that could not be started has no pid, and until Node has noticed, a signal to it reaches our whole group.
      if (child.pid !== undefined) child.kill('SIGKILL')
    }
    let failure: Error | undefined
    let sampled = false
    child.once('error', (error) => {
      failure = error
    })
    createInterface({ input: child.stdout }).on('line', (line) => {
      const gpu = parseSample(line)
      if (!gpu || stopped) return
      sampled = true
      last.set(gpu.busId, gpu)
      report(gpu, false)
    })
    child.once('close', (code) => {
      if (stopped) return
      // A driver that does not know the newer field refuses the whole query.
      if (!sampled && !failure && older.length > 0) return stream(older)
      const reason = failure ? failure.message : `nvidia-smi ended with exit code ${code}`
      onNote(`No ${sampled ? 'more ' : ''}GPU samples: ${reason}`)
    })
  }

  stream(THROTTLE_FIELDS)
  return {
    stop() {
      if (stopped) return
      stopped = true
      stopCurrent()
      // What a job dies of is written down before the next sample is due.
      for (const gpu of last.values()) report(gpu, true)
      xidLog?.close()
    },
  }
}
