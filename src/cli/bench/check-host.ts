/** Finds what this host lacks for a benchmark with provider `local`, before anything is started. */
import { readGpuFacts } from '../../agent/gpu/facts.ts'
import { findPython } from '../../agent/python.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { asRadixError } from '../../errors/render.ts'
import { errorFinding, type Finding, type PreflightRequest } from '../../providers/provider.ts'
import { PROGRAM_FOLDER } from '../../system/program-files.ts'

export async function checkHost({ needsGpu }: PreflightRequest): Promise<Finding[]> {
  const [python, gpu] = await Promise.all([checkPython(), needsGpu ? checkGpu() : []])
  return [...python, ...gpu]
}

async function checkPython(): Promise<Finding[]> {
  try {
    await findPython(process.env.RADIX_PYTHON, PROGRAM_FOLDER)
    return []
  } catch (error) {
    return [errorFinding(asRadixError(error))]
  }
}

async function checkGpu(): Promise<Finding[]> {
  const { gpus, note } = await readGpuFacts()
  if (gpus.length > 0) return []
  return [errorFinding(new RadixError('WORKLOAD_NO_GPU', { message: note ?? 'The driver lists no GPU.' }))]
}
