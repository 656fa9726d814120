/** Chooses the configured executor, with its Python, workloads and environment. */

import { totalmem } from 'node:os'
import { AGENT_LIMITS } from '../../core/limits/agent.ts'
import { once } from '../../core/once.ts'
import { PROGRAM_FOLDER, programFile } from '../../system/program-files.ts'
import type { AgentConfig, ExecutorConfig } from '../config.ts'
import { selectContainerEnvironment, selectJobEnvironment, WAITING_THREADS } from '../job-environment.ts'
import type { JobRunPorts } from '../job-run.ts'
import { findPython } from '../python.ts'
import { createDockerExecutor } from './docker/docker-executor.ts'
import { processExecutor } from './process/process-executor.ts'

type ExecutorPorts = Pick<JobRunPorts, 'executor' | 'findEnvironment' | 'jobEnvironment'>
type Environment = Readonly<Record<string, string | undefined>>

/** What `deploy/docker/resnet50.Dockerfile` provides. */
const IN_IMAGE = { python: 'python3', workloadDirectory: '/opt/radix/workloads' }
/** Of the machine's memory; the rest is for the system and the agent. */
const MEMORY_SHARE = 0.9

export function chooseExecutor(config: AgentConfig, env: Environment, hasGpu: boolean): ExecutorPorts {
  if (config.executor.name === 'docker') return dockerPorts(config.executor, env, hasGpu)
  const jobEnvironment = { ...(hasGpu ? {} : WAITING_THREADS), ...selectJobEnvironment(env) }
  return {
    executor: processExecutor,
    jobEnvironment,
    findEnvironment: once(async () => ({
      python: await findPython(config.python, PROGRAM_FOLDER, jobEnvironment),
      workloadDirectory: programFile('workloads'),
    })),
  }
}

function dockerPorts(
  config: Extract<ExecutorConfig, { name: 'docker' }>,
  env: Environment,
  hasGpu: boolean,
): ExecutorPorts {
  const limits = {
    memoryBytes: Math.floor(totalmem() * MEMORY_SHARE),
    processes: AGENT_LIMITS.containerProcesses.value,
  }
  const labels = { 'radix.machine-id': env.RADIX_MACHINE_ID ?? '', 'radix.run-id': env.RADIX_RUN_ID ?? '' }
  return {
    executor: createDockerExecutor({ ...config, hasGpu, limits, labels }),
    jobEnvironment: { ...(hasGpu ? {} : WAITING_THREADS), ...selectContainerEnvironment(env) },
    findEnvironment: async () => IN_IMAGE,
  }
}
