/** Samples each GPU once a second while a job runs, from one streaming child process and from the kernel log. */

import { spawn } from 'node:child_process'
import type { GpuSample } from '../../contract/schemas/job.ts'
import { AGENT_LIMITS } from '../../core/limits/agent.ts'
import { INTERVALS } from '../../core/limits/intervals.ts'
import { readLines } from '../../core/read-lines.ts'
import { FORMAT_ARGUMENT, parseSample, SAMPLE_FIELDS, type SampledGpu, withoutRefusedField } from './nvidia-smi.ts'
import type { XidLog } from './xid-log.ts'

export interface GpuSampler {
  stop(): void
}

interface Options {
  command?: string
  firstSampleMs?: number
  /** Closed with the sampler; null where there is none. */
  xidLog: XidLog | null
}

const INTERVAL_MS = INTERVALS.gpuSamples.value
const LINES = { maxCharacters: AGENT_LIMITS.gpuSampleLine.value }

/** `onNote` is called once with the reason if no samples arrive. */
export function startGpuSampler(
  onSample: (sample: GpuSample) => void,
  onNote: (note: string) => void,
  { command = 'nvidia-smi', firstSampleMs = AGENT_LIMITS.firstGpuSample.value, xidLog }: Options,
): GpuSampler {
  let stopped = false
  let stopCurrent = () => {}
  const last = new Map<string, SampledGpu>()

  const report = ({ busId, sample }: SampledGpu, isLast: boolean) => {
    const xids = xidLog?.take(busId) ?? null
    for (const xid of xids ?? []) onSample({ ...sample, xid })
    if (!xids?.length && !isLast) onSample({ ...sample, xid: xids ? 0 : null })
  }

  let isNoted = false
  const noteOnce = (note: string) => {
    if (stopped || isNoted) return
    isNoted = true
    onNote(note)
  }
  const silence = setTimeout(
    () => noteOnce(`No GPU samples: nvidia-smi has not answered for ${firstSampleMs / 1000} s`),
    firstSampleMs,
  )

  const stream = (fields: readonly string[]) => {
    const child = spawn(command, [`--query-gpu=${fields.join(',')}`, FORMAT_ARGUMENT, `--loop-ms=${INTERVAL_MS}`], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const end = () => {
      // A child that could not be started has no pid. Until Node has noticed, a signal to it reaches our whole group.
      if (child.pid !== undefined) child.kill('SIGKILL')
      // A child that hangs in the kernel does not end, and is not waited for.
      child.stdout.destroy()
      child.unref()
    }
    stopCurrent = end
    let failure: Error | undefined
    let sampled = false
    let lastWords = ''
    child.once('error', (error) => {
      failure = error
    })
    const take = (line: string) => {
      if (stopped) return
      const gpu = parseSample(line, fields)
      if (!gpu) {
        lastWords = line.slice(0, 200)
        return
      }
      sampled = true
      clearTimeout(silence)
      last.set(gpu.busId, gpu)
      report(gpu, false)
    }
    const taken = takeLines(child.stdout, take).catch((error) => {
      failure ??= error
      end()
    })
    child.once('close', async (code) => {
      await taken
      if (stopped) return
      const fewer = sampled ? undefined : withoutRefusedField(fields, lastWords)
      if (fewer) return stream(fewer)
      const reason = failure
        ? failure.message
        : `nvidia-smi ended with exit code ${code}${lastWords && `: ${lastWords}`}`
      noteOnce(`No ${sampled ? 'more ' : ''}GPU samples: ${reason}`)
    })
  }

  stream(SAMPLE_FIELDS)
  return {
    stop() {
      if (stopped) return
      stopped = true
      clearTimeout(silence)
      stopCurrent()
      // The error that kills a job is logged before the next sample is due.
      for (const gpu of last.values()) report(gpu, true)
      xidLog?.close()
    },
  }
}

async function takeLines(stream: AsyncIterable<Uint8Array>, take: (line: string) => void): Promise<void> {
  for await (const line of readLines(stream, LINES)) take(line)
}
