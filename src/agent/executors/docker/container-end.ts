/** Derives the end of a job from the last state of its container. Pure. */
import type { ExecutionEnd } from '../executor.ts'
import type { ContainerState } from './engine.ts'

/** Beyond it, an exit code is a signal's number. */
const SIGNAL_BASE = 128

/** `undefined` for a removed container without a state. */
export function describeContainerEnd(container: ContainerState | 'unreachable' | undefined): ExecutionEnd {
  if (container === 'unreachable') {
    const message = 'The Docker engine stopped while the workload ran, and did not come back.'
    return { exitCode: null, signal: null, failure: { code: 'CONTAINER_ENGINE_UNREACHABLE', message } }
  }
  if (!container) return killed(null, 'The container of the workload was removed while it ran.')
  const { ExitCode: exitCode, OOMKilled: ranOutOfMemory } = container.State
  if (exitCode === 0) return { exitCode, signal: null }
  if (ranOutOfMemory) {
    const message = 'The kernel killed the workload: it used more memory than its container may have.'
    return { exitCode, signal: null, failure: { code: 'WORKLOAD_OUT_OF_MEMORY', message } }
  }
  if (exitCode <= SIGNAL_BASE) return { exitCode, signal: null }
  return killed(exitCode, `Signal ${exitCode - SIGNAL_BASE}, which the agent did not send, ended the workload.`)
}

function killed(exitCode: number | null, message: string): ExecutionEnd {
  return { exitCode, signal: null, failure: { code: 'WORKLOAD_KILLED', message } }
}
