/** The GPUs of this machine, from the driver; or why there are none. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Gpu } from '../../contract/schemas/cluster.ts'
import { FACT_FIELDS, FORMAT_ARGUMENT, parseFacts } from './nvidia-smi.ts'

export interface GpuFacts {
  gpus: Gpu[]
  /** Null when there are GPUs. */
  note: string | null
}

const TIMEOUT_MS = 15_000

export async function readGpuFacts(command = 'nvidia-smi'): Promise<GpuFacts> {
  try {
    const argv = [`--query-gpu=${FACT_FIELDS.join(',')}`, FORMAT_ARGUMENT]
    const { stdout } = await promisify(execFile)(command, argv, { timeout: TIMEOUT_MS })
    const gpus = stdout.split('\n').flatMap((line) => parseFacts(line) ?? [])
    return { gpus, note: gpus.length === 0 ? 'nvidia-smi names no GPU.' : null }
  } catch (error) {
    return { gpus: [], note: explain(error) }
  }
}

function explain(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
    return 'There is no nvidia-smi: no NVIDIA driver is installed.'
  }
  const output = error instanceof Error && 'stdout' in error ? String(error.stdout).trim().split('\n')[0] : ''
  return `nvidia-smi failed: ${output || (error instanceof Error ? error.message.split('\n')[0] : String(error))}`
}
