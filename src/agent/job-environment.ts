/** The environment that a job gets: what programs and GPUs need, and none of the agent's secrets. */

const KEPT = [
  'PATH',
  'HOME',
  'TMPDIR',
  'LANG',
  'TZ',
  'USER',
  'LD_LIBRARY_PATH',
  // Marks the processes of a machine of the local provider, which finds them by it.
  'RADIX_MACHINE_ID',
  'RADIX_RUN_ID',
]
const KEPT_PREFIXES = ['LC_', 'CUDA_', 'NVIDIA_', 'NCCL_', 'OMP_', 'MKL_', 'OPENBLAS_', 'TORCH_', 'PYTORCH_']

export function selectJobEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined &&
      (KEPT.includes(entry[0]) || KEPT_PREFIXES.some((prefix) => entry[0].startsWith(prefix))),
  )
  return { ...Object.fromEntries(kept), PYTHONUNBUFFERED: '1', PYTHONDONTWRITEBYTECODE: '1' }
}
