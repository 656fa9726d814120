/** One sample per GPU and second while a job runs, from one child process that streams them. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { GpuSample } from '../../contract/schemas/job.ts'
import { FORMAT_ARGUMENT, parseSample, SAMPLE_FIELDS, THROTTLE_FIELDS } from './nvidia-smi.ts'

export interface GpuSampler {
  stop(): void
}

const INTERVAL_MS = 1000

/** `onNote` hears once why no samples come, where none do. */
export function startGpuSampler(
  onSample: (sample: GpuSample) => void,
  onNote: (note: string) => void,
  command = 'nvidia-smi',
): GpuSampler {
  let stopped = false
  let stopCurrent = () => {}

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
      const sample = parseSample(line)
      if (!sample) return
      sampled = true
      onSample(sample)
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
      stopped = true
      stopCurrent()
    },
  }
}
