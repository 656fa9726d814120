/**
 * Machines as processes of this host: an agent in its own session, which outlives its launcher. A machine consists of
 * the processes with its marks in the process table: the agent and the jobs that it started. It is terminated when no
 * process carries the marks. The records on disk only add what the process table cannot tell.
 */

import { join, sep } from 'node:path'
import { type Clock, systemClock } from '../../core/clock.ts'
import { deriveId } from '../../core/ids.ts'
import { INTERVALS } from '../../core/limits/intervals.ts'
import { PROVIDER_LIMITS } from '../../core/limits/providers.ts'
import { ABSENT, found, type Lookup, unknown } from '../../core/lookup.ts'
import { redact } from '../../core/redact.ts'
import { isRadixError, RadixError } from '../../errors/radix-error.ts'
import { asRadixError } from '../../errors/render.ts'
import {
  findBrandedProcesses,
  findMarkedProcesses,
  joinLists,
  type MarkedProcess,
  type ProcessList,
  signalProcess,
} from '../../system/process-table.ts'
import { readEndOfTextFile } from '../../system/text-file.ts'
import { MachineFiles } from '../machine-files.ts'
import {
  type Finding,
  type LaunchRequest,
  type Machine,
  NO_CHOICE,
  type Placement,
  type PreflightRequest,
  type Provider,
} from '../provider.ts'
import { MachineRecord } from './machine-record.ts'
import { MACHINE_MARK, RUN_MARK, STATE_DIRECTORY, startAgent } from './start-agent.ts'

export interface LocalProviderOptions {
  /** Where records, logs and secrets are kept. */
  directory: string
  /** The program that is the agent, with its first arguments. */
  agentCommand: readonly [string, ...string[]]
  /** What this host lacks for the run's work; by default nothing is checked. */
  checkHost?: (request: PreflightRequest) => Promise<Finding[]>
  env?: Readonly<Record<string, string | undefined>>
  clock?: Clock
}

const TERMINATION_GRACE_MS = PROVIDER_LIMITS.localTerminationGrace.value
const SECOND_LOOK_MS = INTERVALS.localMachine.value
const MARKS = [MACHINE_MARK, RUN_MARK]

export function createLocalProvider(options: LocalProviderOptions): Provider {
  return new LocalProvider(options)
}

class LocalProvider implements Provider {
  readonly name = 'local'
  readonly launchesMachines = true
  readonly settleMs = 0
  readonly #options: LocalProviderOptions
  readonly #files: MachineFiles<MachineRecord>
  readonly #clock: Clock

  constructor(options: LocalProviderOptions) {
    this.#options = options
    this.#files = new MachineFiles(options.directory, MachineRecord)
    this.#clock = options.clock ?? systemClock
  }

  async preflight(request: PreflightRequest): Promise<Finding[]> {
    const found = (await this.#options.checkHost?.(request)) ?? []
    return [...found, ...this.#findNeighbours(request.runId)]
  }

  /** Other runs of this data directory in progress. This is only a warning, so an unreadable table names none. */
  #findNeighbours(runId: string): Finding[] {
    const look = findMarkedProcesses([MACHINE_MARK, RUN_MARK, STATE_DIRECTORY])
    if (look.outcome !== 'found') return []
    const isHere = ({ markers }: MarkedProcess) =>
      markers[STATE_DIRECTORY]?.startsWith(join(this.#options.directory, sep))
    const runIds = new Set(look.value.filter(isHere).map(({ markers }) => markers[RUN_MARK] ?? ''))
    runIds.delete(runId)
    if (runIds.size === 0) return []
    const { code, why, fix } = new RadixError('MACHINE_SHARED', { run_ids: [...runIds].join(', ') })
    return [{ code, severity: 'warning', message: why, fix }]
  }

  async listPlacements(): Promise<Placement[]> {
    return [NO_CHOICE]
  }

  async quote(): Promise<null> {
    return null
  }

  storeSecret(runId: string, name: string, value: string): Promise<string> {
    return this.#files.storeSecret(runId, name, value)
  }

  deleteSecrets(runId: string): Promise<void> {
    return this.#files.deleteSecrets(runId)
  }

  async launch(request: LaunchRequest, signal: AbortSignal): Promise<Machine> {
    const machineId = deriveId('m', [request.runId, request.clientToken])
    const known = await this.#find(machineId)
    if (known && (known.record.launchedAt || known.processes.length > 0)) return this.#describe(known)
    const record = newRecord(machineId, request.runId)
    try {
      // The intent comes first: a record without a process is harmless, and a process without a record is still found
      // by its marks.
      await this.#files.write(record)
      // A caller that abandoned this launch may already have looked for its machine.
      signal.throwIfAborted()
      const agentPid = await startAgent({
        machineId,
        request,
        command: this.#options.agentCommand,
        logPath: this.#files.logPath(machineId),
        stateDirectory: this.#files.agentStateDirectory(machineId),
        workingDirectory: this.#files.directoryOf(machineId),
        env: this.#options.env ?? process.env,
      })
      await this.#files.write({ ...record, agentPid, launchedAt: this.#clock.now().toISOString() })
    } catch (error) {
      const remedy = `Read the log of the machine: ${this.#files.logPath(machineId)}.`
      const params = { provider: this.name, message: asRadixError(error).why, remedy }
      throw new RadixError('LAUNCH_FAILED', params, { cause: error })
    }
    const launched = await this.#find(machineId)
    if (!launched) throw new RadixError('INTERNAL', { message: `the record of machine ${machineId} disappeared` })
    return this.#describe(launched)
  }

  async describe(machineId: string): Promise<Lookup<Machine>> {
    try {
      const seen = await this.#find(machineId)
      return seen ? found(await this.#describe(seen)) : ABSENT
    } catch (error) {
      return unknown(`the process table could not be read: ${asRadixError(error).why}`, error)
    }
  }

  async findByRun(runId: string): Promise<Machine[]> {
    const machineIds = new Set(
      listMarkedProcesses()
        .filter(({ markers }) => markers[RUN_MARK] === runId)
        .map(({ markers }) => markers[MACHINE_MARK] ?? ''),
    )
    for (const machineId of await this.#files.list()) {
      const record = await this.#files.read(machineId)
      if (record?.runId === runId) machineIds.add(machineId)
    }
    const seen = await Promise.all([...machineIds].map((machineId) => this.#find(machineId)))
    const machines = await Promise.all(seen.flatMap((each) => (each ? [this.#describe(each)] : [])))
    return machines.filter(({ state }) => state !== 'terminated')
  }

  async terminate(machineId: string): Promise<void> {
    const seen = await this.#find(machineId)
    if (!seen || seen.processes.length === 0) return
    const nowMs = this.#clock.now().getTime()
    const { terminationRequestedAt } = seen.record
    const isOverdue = terminationRequestedAt && nowMs - Date.parse(terminationRequestedAt) >= TERMINATION_GRACE_MS
    for (const process of seen.processes) signalProcess(process, isOverdue ? 'SIGKILL' : 'SIGTERM')
    if (terminationRequestedAt) return
    // A full disk must not keep the machine from terminating.
    const requestedAt = new Date(nowMs).toISOString()
    await this.#files.write({ ...seen.record, terminationRequestedAt: requestedAt }).catch(() => {})
    this.#killAfterGrace(machineId)
  }

  async readBootPhase(): Promise<null> {
    return null
  }

  async findBootCause(): Promise<null> {
    return null
  }

  async readLog(machineId: string): Promise<string> {
    return redact(readEndOfTextFile(this.#files.logPath(machineId), PROVIDER_LIMITS.localLog.value))
  }

  /** If this process ends first, or cannot look, the next `terminate` does it. */
  #killAfterGrace(machineId: string): void {
    const timer = setTimeout(() => {
      try {
        for (const process of processesOf(machineId)) signalProcess(process, 'SIGKILL')
      } catch (error) {
        if (!isRadixError(error, 'PROCESS_TABLE_UNREADABLE')) throw error
      }
    }, TERMINATION_GRACE_MS)
    timer.unref()
  }

  async #find(machineId: string): Promise<FoundMachine | undefined> {
    const record = await this.#files.read(machineId)
    const processes = processesOf(machineId)
    if (record) return { record, processes }
    const runId = processes.find(({ markers }) => markers[RUN_MARK])?.markers[RUN_MARK]
    return runId === undefined ? undefined : { record: newRecord(machineId, runId), processes }
  }

  async #describe({ record, processes }: FoundMachine): Promise<Machine> {
    if (processes.length === 0 && !record.terminatedAt) {
      // One look may miss a process that is being started: it has its marks only once its program runs.
      await this.#clock.sleep(SECOND_LOOK_MS)
      const started = processesOf(record.machineId)
      if (started.length > 0) return this.#describe({ record, processes: started })
      const terminationProof = `no process of this host carries ${MACHINE_MARK}=${record.machineId}`
      const terminatedAt = this.#clock.now().toISOString()
      const gone = { ...record, terminatedAt, terminationProof }
      await this.#files.removeAgentState(record.machineId)
      await this.#files.write(gone).catch(() => {})
      return toMachine(gone, processes, this.#files.logPath(record.machineId))
    }
    return toMachine(record, processes, this.#files.logPath(record.machineId))
  }
}

interface FoundMachine {
  record: MachineRecord
  /** The processes that are alive now. */
  processes: MarkedProcess[]
}

/** Its agent, its jobs, and their children with their own environment. Throws `PROCESS_TABLE_UNREADABLE`. */
function processesOf(machineId: string): MarkedProcess[] {
  const all = requireFound(joinLists(findMarkedProcesses(MARKS), findBrandedProcesses('machine', machineId)))
  return all.filter(({ markers }) => markers[MACHINE_MARK] === undefined || markers[MACHINE_MARK] === machineId)
}

function listMarkedProcesses(): MarkedProcess[] {
  return requireFound(findMarkedProcesses(MARKS))
}

/** An unreadable table does not prove that a machine is terminated. */
function requireFound(look: ProcessList): MarkedProcess[] {
  if (look.outcome === 'found') return look.value
  throw new RadixError('PROCESS_TABLE_UNREADABLE', { reason: look.reason }, { cause: look.cause })
}

function newRecord(machineId: string, runId: string): MachineRecord {
  return {
    machineId,
    runId,
    launchedAt: null,
    agentPid: null,
    terminationRequestedAt: null,
    terminatedAt: null,
    terminationProof: null,
  }
}

function toMachine(record: MachineRecord, processes: readonly MarkedProcess[], logPath: string): Machine {
  const { machineId, runId, launchedAt, terminatedAt, terminationProof } = record
  const pids = processes.map(({ pid }) => pid).join(', ')
  const isAlive = processes.length > 0
  return {
    machineId,
    runId,
    state: stateOf(record, processes),
    instanceType: null,
    region: null,
    zone: null,
    imageId: null,
    launchedAt: launchedAt === null ? null : new Date(launchedAt),
    terminatedAt: isAlive || terminatedAt === null ? null : new Date(terminatedAt),
    stateDetail: isAlive ? `pid ${pids}` : (terminationProof ?? 'not launched yet'),
    end: null,
    logPath,
  }
}

/** A live process proves that the machine is not terminated, whatever was recorded. */
function stateOf({ terminatedAt, terminationRequestedAt }: MachineRecord, processes: readonly MarkedProcess[]) {
  if (processes.length === 0 && terminatedAt) return 'terminated'
  return terminationRequestedAt ? 'terminating' : 'running'
}
