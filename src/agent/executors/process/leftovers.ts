/**
 * What a job leaves running after its first process has ended: its process group, and children that took a session of
 * their own. These carry the job's mark in the environment that they were started with.
 */

import { AGENT_LIMITS } from '../../../core/limits/agent.ts'
import { INTERVALS } from '../../../core/limits/intervals.ts'
import { findMarkedProcesses, type ProcessList, signalProcess } from '../../../system/process-table.ts'

/** In the environment of every process of a job. */
export const JOB_MARK = 'RADIX_JOB_ID'

const LOOK_INTERVAL_MS = INTERVALS.leftovers.value

export interface LeftoverPorts {
  find(jobId: string): ProcessList
  signal: typeof signalProcess
}

const hostPorts: LeftoverPorts = {
  find(jobId) {
    const look = findMarkedProcesses([JOB_MARK])
    if (look.outcome !== 'found') return look
    return { outcome: 'found', value: look.value.filter(({ markers }) => markers[JOB_MARK] === jobId) }
  },
  signal: signalProcess,
}

/**
 * Kills them until none is found. Answers with a note for the job's log where that cannot be confirmed: a process may
 * then still hold the GPU. Never throws.
 */
export async function killLeftovers(jobId: string, ports: LeftoverPorts = hostPorts): Promise<string | undefined> {
  const deadlineMs = performance.now() + AGENT_LIMITS.leftoverProcesses.value
  for (;;) {
    const look = ports.find(jobId)
    if (look.outcome === 'found' && look.value.length === 0) return undefined
    if (look.outcome === 'found') for (const process of look.value) ports.signal(process, 'SIGKILL')
    if (performance.now() >= deadlineMs) return describe(look)
    await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS))
  }
}

function describe(look: ProcessList): string {
  if (look.outcome === 'unknown') return `Whether processes of the job are left is not known: ${look.reason}.`
  const pids = look.value.map(({ pid }) => pid).join(', ')
  return `Processes of the job are left and could not be killed (pid ${pids}). They may hold the GPU.`
}
