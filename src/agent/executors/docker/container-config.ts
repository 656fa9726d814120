/** The configuration of a job's container: only what a workload needs, and nothing of the machine. */
import type { ExecutionSpec } from '../executor.ts'

export interface ContainerLimits {
  memoryBytes: number
  processes: number
}

export interface ContainerOptions {
  imageId: string
  /** Not root: `uid:gid`. */
  user: string
  hasGpu: boolean
  limits: ContainerLimits
  labels: Readonly<Record<string, string>>
}

/** Compiled kernels are written to, and loaded from, /tmp. */
const TMP_OPTIONS = 'rw,exec,nosuid,nodev,size=4g,mode=1777'
const SHARED_MEMORY_BYTES = 1024 ** 3

export function buildContainerConfig(spec: ExecutionSpec, options: ContainerOptions): object {
  const { imageId, user, hasGpu, limits, labels } = options
  return {
    Image: imageId,
    Entrypoint: [],
    Cmd: spec.argv,
    Env: Object.entries({ HOME: '/tmp', ...spec.env }).map(([name, value]) => `${name}=${value}`),
    User: user,
    WorkingDir: spec.directory,
    Labels: labels,
    HostConfig: {
      // The paths are equal on both sides, because the program gets the job's files by path.
      Mounts: [{ Type: 'bind', Source: spec.directory, Target: spec.directory }],
      Tmpfs: { '/tmp': TMP_OPTIONS },
      ShmSize: SHARED_MEMORY_BYTES,
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      // The data is made on the device; results leave through files.
      NetworkMode: 'none',
      IpcMode: 'private',
      Memory: limits.memoryBytes,
      MemorySwap: limits.memoryBytes,
      PidsLimit: limits.processes,
      // Far more than the agent copies, whatever the engine's default: a later agent reads from the first byte.
      LogConfig: { Type: 'json-file', Config: { 'max-size': '4g' } },
      RestartPolicy: { Name: 'no' },
      ...(hasGpu ? { DeviceRequests: [{ Count: -1, Capabilities: [['gpu']] }] } : {}),
    },
  }
}
