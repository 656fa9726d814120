/** The environment of a job: what programs and GPUs need, and none of the agent's secrets. */

/** Of the machine itself: the image of a container has its own. */
const KEPT_OF_THE_MACHINE = [
  'PATH',
  'HOME',
  'TMPDIR',
  'USER',
  'LOGNAME',
  'LD_LIBRARY_PATH',
  'LD_PRELOAD',
  'PYTHONPATH',
  'VIRTUAL_ENV',
  'CONDA_PREFIX',
  'XDG_CACHE_HOME',
]
const KEPT = [
  'LANG',
  'TZ',
  // Marks the processes of a machine of the local provider, which finds them by it.
  'RADIX_MACHINE_ID',
  'RADIX_RUN_ID',
]
const KEPT_PREFIXES = ['LC_', 'NCCL_', 'OMP_', 'MKL_', 'OPENBLAS_', 'TORCH_', 'PYTORCH_']

const UNNAMED_USER = 'radix'

type Environment = Readonly<Record<string, string | undefined>>

const KEPT_PREFIXES_OF_THE_MACHINE = ['CUDA_', 'NVIDIA_', 'TORCHINDUCTOR_', 'TORCHDYNAMO_', 'TRITON_']

/**
 * PyTorch's threads on the CPU sleep while they wait for each other. By default they spin, and where others use the cores,
 * too, that takes many times as long as the work.
 */
export const WAITING_THREADS = { OMP_WAIT_POLICY: 'PASSIVE' }

/** For a job that runs as a process beside the agent. */
export function selectJobEnvironment(env: Environment): Record<string, string> {
  return select(env, [...KEPT_OF_THE_MACHINE, ...KEPT], [...KEPT_PREFIXES_OF_THE_MACHINE, ...KEPT_PREFIXES])
}

/** For a job in a container: its image's settings for paths and CUDA stay. */
export function selectContainerEnvironment(env: Environment): Record<string, string> {
  return select(env, KEPT, KEPT_PREFIXES)
}

function select(env: Environment, names: readonly string[], prefixes: readonly string[]): Record<string, string> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (names.includes(entry[0]) || prefixes.some((prefix) => entry[0].startsWith(prefix))),
  )
  const environment = Object.fromEntries(kept)
  return { ...withUserName(environment), PYTHONUNBUFFERED: '1', PYTHONDONTWRITEBYTECODE: '1' }
}

/** Python asks for it (`getpass.getuser`), and a user id without an entry in /etc/passwd has none: its compiler then fails. */
function withUserName(environment: Record<string, string>): Record<string, string> {
  const name = environment.USER || environment.LOGNAME || UNNAMED_USER
  return { ...environment, USER: name, LOGNAME: environment.LOGNAME || name }
}
