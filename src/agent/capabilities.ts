/** The capabilities of this machine, as heartbeats report them. */
import { arch, cpus, hostname, release, totalmem, type } from 'node:os'
import type { Capabilities } from '../contract/schemas/cluster.ts'
import { JOB_KINDS } from '../workloads/index.ts'
import { readGpuFacts } from './gpu/facts.ts'

export async function readCapabilities(executors: readonly string[]): Promise<Capabilities> {
  const processors = cpus()
  const { gpus, note } = await readGpuFacts()
  return {
    hostname: hostname(),
    os: `${type()} ${release()}`,
    architecture: arch(),
    cpu: { model: processors[0]?.model.trim() || 'unknown', cores: processors.length },
    memory_total_bytes: totalmem(),
    gpus,
    gpu_note: note,
    executors: [...executors],
    job_kinds: [...JOB_KINDS],
  }
}
