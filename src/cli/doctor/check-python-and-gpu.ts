/** The Python that workloads run in, its PyTorch, the GPU driver, and whether PyTorch can use the GPUs. */
import { z } from 'zod'
import { readGpuFacts } from '../../agent/gpu/facts.ts'
import { selectJobEnvironment } from '../../agent/job-environment.ts'
import { findPython } from '../../agent/python.ts'
import { CLI_LIMITS } from '../../core/limits/cli.ts'
import { tryParseOutsideJson } from '../../core/outside-json.ts'
import { isRadixError, RadixError } from '../../errors/radix-error.ts'
import { PROGRAM_FOLDER } from '../../system/program-files.ts'
import { runProgram } from '../../system/run-program.ts'
import { type Diagnosis, failed, found, missing } from './diagnosis.ts'

const PYTHON = { check: 'Python with PyTorch', isRequired: true }
const GPU = { check: 'GPU', isRequired: false }
/** Prints a line of its own: importing torch may print others. */
const DESCRIBE = `
import json, platform, torch
cuda = torch.cuda.is_available()
print(json.dumps({"python": platform.python_version(), "torch": str(torch.__version__), "cuda": torch.version.cuda, "gpus": torch.cuda.device_count() if cuda else 0}))
`
const Described = z.object({
  python: z.string(),
  torch: z.string(),
  cuda: z.string().nullable(),
  gpus: z.number().int(),
})
type Described = z.infer<typeof Described>

export async function checkPythonAndGpu(env: NodeJS.ProcessEnv): Promise<Diagnosis[]> {
  const [python, gpu] = await Promise.all([lookAtPython(env), readGpuFacts()])
  return [python.diagnosis, judgeGpu(gpu, python.described)]
}

interface PythonFound {
  diagnosis: Diagnosis
  described?: Described
}

async function lookAtPython(env: NodeJS.ProcessEnv): Promise<PythonFound> {
  const jobEnvironment = selectJobEnvironment(env)
  let python: string
  try {
    python = await findPython(env.RADIX_PYTHON || undefined, PROGRAM_FOLDER, jobEnvironment)
  } catch (error) {
    if (isRadixError(error, 'PYTORCH_NOT_FOUND')) return { diagnosis: failed(PYTHON, 'absent', error) }
    throw error
  }
  const timeoutMs = CLI_LIMITS.pythonDescription.value
  const answer = await runProgram([python, '-c', DESCRIBE], { timeoutMs, env: jobEnvironment })
  const { fix } = new RadixError('PYTORCH_NOT_FOUND', { looked_at: python })
  if (answer.outcome === 'not-started') {
    const outcome = answer.code === 'ENOENT' ? 'absent' : 'unusable'
    return { diagnosis: missing(PYTHON, outcome, `${python} cannot be run: ${answer.reason}`, fix) }
  }
  if (answer.outcome !== 'exited') {
    const why = answer.outcome === 'timed-out' ? `did not import torch within ${timeoutMs / 1000} s` : 'wrote too much'
    return { diagnosis: missing(PYTHON, 'unknown', `${python} ${why}`, `${python} -c 'import torch'`) }
  }
  const line = answer.stdout.trimEnd().split('\n').at(-1) ?? ''
  const described = tryParseOutsideJson(line, Described, { maxCharacters: CLI_LIMITS.pythonAnswer.value })
  if (!described) {
    const reason = answer.stderr.trimEnd().split('\n').at(-1) || `exit code ${answer.exitCode ?? answer.signal}`
    return { diagnosis: missing(PYTHON, 'unusable', `${python} cannot import torch: ${reason}`, fix) }
  }
  const cuda = described.cuda === null ? 'without CUDA' : `CUDA ${described.cuda}`
  const message = `Python ${described.python} (${python}), PyTorch ${described.torch}, ${cuda}`
  return { diagnosis: found(PYTHON, message), described }
}

function judgeGpu({ gpus, note, couldLook }: Awaited<ReturnType<typeof readGpuFacts>>, torch?: Described): Diagnosis {
  const [first] = gpus
  if (!first) {
    const error = new RadixError('WORKLOAD_NO_GPU', { message: note ?? 'The driver lists no GPU.' })
    return failed(GPU, couldLook ? 'absent' : 'unknown', error)
  }
  const names = gpus.map(({ name }) => name).join(', ')
  const message = `${names}; driver ${first.driver_version ?? 'of unknown version'}`
  if (!torch || torch.gpus > 0) return found(GPU, message)
  const reason = torch.cuda === null ? 'PyTorch was built without CUDA' : 'PyTorch cannot use it'
  return missing(
    GPU,
    'unusable',
    `${message}; ${reason}`,
    'Install a PyTorch for this driver: https://pytorch.org/get-started/locally',
  )
}
