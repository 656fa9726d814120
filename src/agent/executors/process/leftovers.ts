/**
 * Finds processes that a job leaves running after its first process has ended: its process group, and children in their
 * own sessions. They are found by the job's control group, by its brand, and by its mark in their initial environment.
 * The first two work whatever a child does, but not on every system.
 */
import { endSentence } from '../../../core/format.ts'
import { AGENT_LIMITS } from '../../../core/limits/agent.ts'
import { INTERVALS } from '../../../core/limits/intervals.ts'
import {
  controlGroupPrefix,
  createControlGroup,
  isControlGroupOf,
  killControlGroup,
} from '../../../system/control-group.ts'
import { brandPrefix } from '../../../system/process-brand.ts'
import {
  findBrandedProcesses,
  findMarkedProcesses,
  joinLists,
  type ProcessList,
  signalProcess,
} from '../../../system/process-table.ts'

/** In the environment of every process of a job. */
const JOB_MARK = 'RADIX_JOB_ID'

const LOOK_INTERVAL_MS = INTERVALS.leftovers.value
const NAMED_PIDS = 20

/** How a program must be started so that all its processes can be found again. */
export interface Containment {
  /** To put before the command. */
  prefix: string[]
  env: Record<string, string>
  controlGroup: string | undefined
}

export interface LeftoverPorts {
  find(jobId: string): ProcessList
  signal: typeof signalProcess
}

const hostPorts: LeftoverPorts = {
  find(jobId) {
    const look = findMarkedProcesses([JOB_MARK])
    const marked = look.outcome === 'found' ? look.value.filter(({ markers }) => markers[JOB_MARK] === jobId) : []
    return joinLists(findBrandedProcesses('job', jobId), look.outcome === 'found' ? { ...look, value: marked } : look)
  },
  signal: signalProcess,
}

export async function containJob(jobId: string): Promise<Containment> {
  const controlGroup = createControlGroup(jobId)
  const prefix = [...(controlGroup ? controlGroupPrefix(controlGroup) : []), ...(await brandPrefix('job', jobId))]
  return { prefix, env: { [JOB_MARK]: jobId }, controlGroup }
}

/**
 * Kills them until none is found. Returns a note for the job's log: which were killed, or could not be. A process that
 * could not be killed may still hold the GPU. Never throws.
 */
export async function killLeftovers(
  jobId: string,
  recordedGroup: string | undefined,
  ports: LeftoverPorts = hostPorts,
): Promise<string | undefined> {
  const deadlineMs = performance.now() + AGENT_LIMITS.leftoverProcesses.value
  const killed = new Set<number>()
  // Killing what is in another group would end what is not ours.
  const controlGroup = recordedGroup !== undefined && isControlGroupOf(recordedGroup, jobId) ? recordedGroup : undefined
  for (;;) {
    const look = ports.find(jobId)
    const left = look.outcome === 'found' ? look.value : []
    const knownCount = killed.size
    for (const process of left) if (ports.signal(process, 'SIGKILL')) killed.add(process.pid)
    const isGroupEmpty = controlGroup === undefined || killControlGroup(controlGroup)
    if (look.outcome === 'found' && left.length === 0 && isGroupEmpty) return describeKilled(killed)
    if (performance.now() >= deadlineMs) return describeLeft(look, controlGroup)
    // Processes that keep forking are looked for at once.
    const waitMs = killed.size > knownCount ? 0 : LOOK_INTERVAL_MS
    await new Promise((resolve) => setTimeout(resolve, waitMs))
  }
}

function describeKilled(pids: ReadonlySet<number>): string | undefined {
  return pids.size === 0 ? undefined : `Processes that the job left running were killed (${list([...pids])}).`
}

function describeLeft(look: ProcessList, controlGroup: string | undefined): string {
  if (look.outcome === 'unknown')
    return endSentence(`It is not known whether processes of the job remain: ${look.reason}`)
  const where = look.value.length > 0 ? list(look.value.map(({ pid }) => pid)) : `control group ${controlGroup}`
  return `Processes of the job remain and could not be killed (${where}). They may hold the GPU.`
}

function list(pids: readonly number[]): string {
  const more = pids.length > NAMED_PIDS ? ` and ${pids.length - NAMED_PIDS} more` : ''
  return `pid ${pids.slice(0, NAMED_PIDS).join(', ')}${more}`
}
