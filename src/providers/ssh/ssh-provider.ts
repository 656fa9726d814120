/**
 * Machines on hosts that are there already, over SSH: an agent in a folder of the run, and a lease by which other runs
 * keep off. A machine is terminated when a look at its host finds no process, no folder and no lease of it. The records
 * on this disk only add what the host cannot tell.
 */
import { readFile } from 'node:fs/promises'
import { hostname, userInfo } from 'node:os'
import { type Clock, systemClock } from '../../core/clock.ts'
import { deriveId, isId } from '../../core/ids.ts'
import { PROVIDER_LIMITS } from '../../core/limits/providers.ts'
import { ABSENT, found, type Lookup, unknown } from '../../core/lookup.ts'
import { printableLine } from '../../core/printable.ts'
import { redact } from '../../core/redact.ts'
import { shellWord } from '../../core/shell-word.ts'
import { isRadixError, RadixError } from '../../errors/radix-error.ts'
import { asRadixError } from '../../errors/render.ts'
import { writeFileAtomically } from '../../system/atomic-file.ts'
import { brandOf } from '../../system/process-brand.ts'
import { readEndOfTextFile } from '../../system/text-file.ts'
import { MachineFiles } from '../machine-files.ts'
import {
  errorFinding,
  type Finding,
  type LaunchRequest,
  type Machine,
  NO_CHOICE,
  PartlySeen,
  type Placement,
  type PreflightRequest,
  type Provider,
  type Quote,
  UNREACHABLE_EXIT_SECONDS,
  warningFinding,
} from '../provider.ts'
import type { AgentProgram } from './agent-program.ts'
import { busyError, findObstaclesOn } from './check-host.ts'
import { type HostAnswer, type HostVariables, renderKeeper, renderLease } from './host-script.ts'
import { readHost } from './host-state.ts'
import { chosenHosts, type SshHost, type SshSettings } from './inventory.ts'
import { judge, type Look, refuseBlind, runningAs } from './look.ts'
import { MachineRecord, newRecord } from './machine-record.ts'
import { platformOf } from './platform.ts'
import { SshConnection } from './ssh-connection.ts'
import { provesThatNothingRan } from './ssh-errors.ts'
import { apiBaseThrough, tunnelTargetOf } from './tunnel.ts'

export interface SshProviderOptions {
  settings: SshSettings
  /** Where records, logs and secrets are kept. */
  directory: string
  program: AgentProgram
  clock?: Clock
}

export function createSshProvider(options: SshProviderOptions): Provider {
  return new SshProvider(options)
}

class SshProvider implements Provider {
  readonly name = 'ssh'
  readonly launchesMachines = true
  readonly settleMs = PROVIDER_LIMITS.sshSettle.value
  readonly #options: SshProviderOptions
  readonly #files: MachineFiles<MachineRecord>
  readonly #clock: Clock
  readonly #connections: ReadonlyMap<string, SshConnection>
  /** By machine: the connection that carries its tunnel. */
  readonly #tunnels = new Map<string, object>()
  /** Its processes when it was last seen to run: a whole look costs time of the host, which is being measured. */
  readonly #running = new Map<string, string[]>()
  /** Hosts in which the preflight found no obstacle. */
  #suitable: ReadonlySet<string> | undefined

  constructor(options: SshProviderOptions) {
    this.#options = options
    this.#files = new MachineFiles(options.directory, MachineRecord)
    this.#clock = options.clock ?? systemClock
    this.#connections = new Map(chosenHosts(options.settings).map((host) => [host.name, new SshConnection(host)]))
  }

  async preflight(request: PreflightRequest): Promise<Finding[]> {
    const checked = await Promise.all(
      [...this.#connections.values()].map(async (connection) => ({
        name: connection.host.name,
        obstacles: await findObstaclesOn(connection, this.#options.program, request),
      })),
    )
    this.#suitable = new Set(checked.filter(({ obstacles }) => obstacles.length === 0).map(({ name }) => name))
    const toFinding = this.#suitable.size > 0 ? warningFinding : errorFinding
    return checked.flatMap(({ obstacles }) => obstacles.map(toFinding))
  }

  async listPlacements(): Promise<Placement[]> {
    const names = [...this.#connections.keys()]
    const suitable = names.filter((name) => this.#suitable?.has(name))
    return (suitable.length > 0 ? suitable : names).map((name) => ({ ...NO_CHOICE, region: name }))
  }

  async quote({ region }: Placement): Promise<Quote | null> {
    const pricePerHourUsd = this.#connections.get(region ?? '')?.host.price_per_hour
    const source = `price_per_hour of ${region} in the inventory`
    return pricePerHourUsd === undefined ? null : { pricePerHourUsd, source }
  }

  storeSecret(runId: string, name: string, value: string): Promise<string> {
    return this.#files.storeSecret(runId, name, value)
  }

  deleteSecrets(runId: string): Promise<void> {
    return this.#files.deleteSecrets(runId)
  }

  async launch(request: LaunchRequest, signal: AbortSignal): Promise<Machine> {
    const machineId = deriveId('m', [request.runId, request.clientToken])
    const known = await this.#files.read(machineId)
    if (known?.launchedAt) return this.#require(machineId, request)
    const connection = this.#connectionTo(known?.host ?? request.placement.region)
    const record = known ?? newRecord(machineId, request.runId, connection.host.name)
    try {
      // The intent comes first: a record says on which host to look.
      await this.#files.write(record)
      signal.throwIfAborted()
    } catch (error) {
      throw this.#launchFailed(connection.host, asRadixError(error).why, 'Run again.', error)
    }
    try {
      await this.#launchOn(connection, record, request, signal)
    } catch (error) {
      throw await this.#afterFailure(connection, record, error)
    }
    return this.#require(machineId, request)
  }

  async describe(machineId: string): Promise<Lookup<Machine>> {
    try {
      const record = await this.#find(machineId)
      return record ? found(await this.#describe(record)) : ABSENT
    } catch (error) {
      return unknown(`the host could not be looked at: ${asRadixError(error).why}`, error)
    }
  }

  async findByRun(runId: string): Promise<Machine[]> {
    const records = await this.#listRecords(runId)
    // Without a record, this machine did not launch it: every host may have it.
    const names = records.length > 0 ? [...new Set(records.map(({ host }) => host))] : [...this.#connections.keys()]
    const looks = await Promise.allSettled(names.map((name) => this.#findOn(this.#connectionTo(name), runId, records)))
    const machines = looks.flatMap((look) => (look.status === 'fulfilled' ? look.value : []))
    const failed = looks.find((look) => look.status === 'rejected')
    if (!failed) return machines
    throw machines.length > 0 ? new PartlySeen(machines, asRadixError(failed.reason)) : failed.reason
  }

  async terminate(machineId: string): Promise<void> {
    const record = await this.#find(machineId)
    if (!record) return
    const terminationRequestedAt = record.terminationRequestedAt ?? this.#clock.now().toISOString()
    // A full disk must not keep the machine from terminating.
    await this.#files.write({ ...record, terminationRequestedAt }).catch(() => {})
    await this.#end(record)
  }

  async readBootPhase(): Promise<null> {
    return null
  }

  async findBootCause(): Promise<null> {
    return null
  }

  async readLog(machineId: string): Promise<string> {
    const record = await this.#files.read(machineId)
    if (!record) return ''
    const kept = readEndOfTextFile(this.#files.logPath(machineId), PROVIDER_LIMITS.localLog.value)
    if (kept !== '' || record.terminatedAt) return kept
    const answer = await this.#connectionTo(record.host)
      .call('log', variablesOf(record))
      .catch(() => undefined)
    return redact(answer?.rest ?? '')
  }

  async close(): Promise<void> {
    await Promise.all([...this.#connections.values()].map((connection) => connection.close()))
  }

  async #launchOn(connection: SshConnection, record: MachineRecord, request: LaunchRequest, signal: AbortSignal) {
    const { host } = connection
    const { machineId, runId } = record
    const { program } = this.#options
    const { deadlineAt } = request
    const now = this.#clock.now()
    const lease_text = renderLease({ runId, claimedAt: now, deadlineAt, user: whoAmI() })
    const secret = await readFile(request.onboardingTokenReference, 'utf8')
    const claim = await connection.call('claim', { ...variablesOf(record), lease_text, secret })
    this.#refuseFailure(claim, host)
    const held = claim.first('held')
    if (held !== undefined) throw noCapacity(host, held, request)
    if (['started', 'ended'].includes(claim.first('phase') ?? '')) {
      // An earlier launch of this machine was carried out.
      await this.#files.write({ ...record, launchedAt: now.toISOString() })
      return
    }
    signal.throwIfAborted()
    const platform = platformOf(host.name, claim)
    const command = program.command(platform).map(shellWord).join(' ')
    await connection.upload(await program.archive(platform), `${claim.first('folder')}/program`)
    signal.throwIfAborted()
    const { tunnel, apiBase } = await this.#openTunnel(connection, record, request.apiBase)
    // A later process opens the same tunnel again.
    await this.#files.write({ ...record, tunnel })
    const keeper = renderKeeper({
      ...variablesOf(record),
      base: host.directory,
      lease: host.lease,
      python: host.python ?? '',
      deadline: String(Math.floor(deadlineAt.getTime() / 1000)),
      deadline_at: deadlineAt.toISOString(),
      api_base: apiBase,
      cluster: request.clusterId,
      unreachable_exit_seconds: String(UNREACHABLE_EXIT_SECONDS),
      command,
    })
    const start = await connection.call('start', { ...variablesOf(record), keeper })
    this.#refuseFailure(start, host)
    if (start.first('phase') === undefined) {
      throw this.#launchFailed(host, `machine ${machineId} was removed while it was launched`, 'Run again.')
    }
    await this.#files.write({ ...record, tunnel, launchedAt: now.toISOString() })
  }

  async #openTunnel(connection: SshConnection, record: MachineRecord, apiBase: string) {
    const target = tunnelTargetOf(apiBase)
    if (!target) return { tunnel: null, apiBase }
    const id = await connection.id()
    const port = await connection.forward(target, record.tunnel?.port)
    this.#tunnels.set(record.machineId, id)
    return { tunnel: { port, target }, apiBase: apiBaseThrough(apiBase, port) }
  }

  /** The connection was lost, or another process launched the machine. */
  async #keepTunnel({ machineId, host, tunnel, terminationRequestedAt }: MachineRecord): Promise<void> {
    if (!tunnel || terminationRequestedAt) return
    const connection = this.#connectionTo(host)
    const id = await connection.id()
    if (this.#tunnels.get(machineId) === id) return
    try {
      await connection.forward(tunnel.target, tunnel.port)
      this.#tunnels.set(machineId, id)
    } catch (error) {
      // The host has not noticed yet that the earlier connection is gone. The next look tries again.
      if (!isRadixError(error)) throw error
    }
  }

  /** Leaves nothing of a failed launch, and answers with its error. */
  async #afterFailure(connection: SshConnection, record: MachineRecord, error: unknown): Promise<unknown> {
    const isNothing = isRadixError(error) && (provesThatNothingRan(error) || error.code === 'LAUNCH_CAPACITY')
    if (isNothing) return error
    try {
      await this.#end(record)
      if ((await this.#describe(record)).state === 'terminated') {
        return isRadixError(error) && error.code !== 'SSH_CONNECTION_LOST'
          ? error
          : this.#launchFailed(connection.host, asRadixError(error).why, 'Run again.', error)
      }
    } catch {
      // The error below says so.
    }
    const params = {
      provider: this.name,
      placement: `the agent on ${connection.host.name}`,
      message: asRadixError(error).why,
    }
    return new RadixError('LAUNCH_UNANSWERED', params, { cause: error })
  }

  #refuseFailure(answer: HostAnswer, host: SshHost): void {
    const reason = answer.first('failed') ?? answer.first('blind')
    if (reason === undefined) return
    throw this.#launchFailed(
      host,
      printableLine(reason),
      `Check the folder ${host.directory} and the disk of the host.`,
    )
  }

  #launchFailed({ name }: SshHost, message: string, remedy: string, cause?: unknown): RadixError {
    return new RadixError(
      'LAUNCH_FAILED',
      { provider: this.name, message: `host ${name}: ${message}`, remedy },
      { cause },
    )
  }

  /** The machine of a launch that has been carried out. */
  async #require(machineId: string, { placement }: LaunchRequest): Promise<Machine> {
    const seen = await this.describe(machineId)
    if (seen.outcome === 'found') return seen.value
    const message = seen.outcome === 'unknown' ? seen.reason : 'its record disappeared'
    const words = { provider: this.name, placement: `the agent on ${placement.region}`, message }
    throw new RadixError('LAUNCH_UNANSWERED', words, { cause: seen.outcome === 'unknown' ? seen.cause : undefined })
  }

  #connectionTo(name: string | null): SshConnection {
    const connection =
      this.#connections.get(name ?? '') ?? (name === null ? [...this.#connections.values()][0] : undefined)
    if (connection) return connection
    const words = {
      host: String(name),
      reason: 'it is not in the inventory of this run',
      remedy: 'Give the inventory that has it: `--inventory`.',
    }
    throw new RadixError('SSH_HOST_UNSUITABLE', words)
  }

  async #listRecords(runId: string): Promise<MachineRecord[]> {
    const records = await Promise.all((await this.#files.list()).map((machineId) => this.#files.read(machineId)))
    return records.flatMap((record) => (record?.runId === runId ? record : []))
  }

  /** Its record here, else the host that has it. Throws if not every host answered. */
  async #find(machineId: string): Promise<MachineRecord | undefined> {
    const record = await this.#files.read(machineId)
    if (record || !isId('m', machineId)) return record
    const looks = await Promise.allSettled(
      [...this.#connections.values()].map(async (connection) =>
        (await readHost(connection)).machines.flatMap((each) =>
          each.machineId === machineId ? newRecord(machineId, each.runId, connection.host.name) : [],
        ),
      ),
    )
    const [seen] = looks.flatMap((look) => (look.status === 'fulfilled' ? look.value : []))
    const failed = looks.find((look) => look.status === 'rejected')
    if (!seen && failed) throw failed.reason
    return seen
  }

  async #findOn(connection: SshConnection, runId: string, records: readonly MachineRecord[]): Promise<Machine[]> {
    const host = connection.host.name
    const { machines, lease } = await readHost(connection)
    const machineIds = new Set(machines.filter((each) => each.runId === runId).map(({ machineId }) => machineId))
    const found: Machine[] = []
    for (const machineId of machineIds) {
      const record = records.find((each) => each.machineId === machineId) ?? newRecord(machineId, runId, host)
      const machine = await this.#describe(record)
      if (machine.state !== 'terminated') found.push(machine)
    }
    // A lease without a machine: the folder was removed by hand.
    if (machineIds.size === 0 && lease?.runId === runId) await this.#end(newRecord(deriveId('m', [runId]), runId, host))
    return found
  }

  /** Ends everything of the machine on its host, and keeps its log here. */
  async #end(record: MachineRecord): Promise<void> {
    const answer = await this.#connectionTo(record.host).call('end', variablesOf(record))
    refuseBlind(answer, record.host)
    const { rest } = answer
    if (rest !== '')
      await writeFileAtomically(this.#files.logPath(record.machineId), redact(rest), 0o600).catch(() => {})
  }

  async #describe(record: MachineRecord): Promise<Machine> {
    await this.#keepTunnel(record)
    let seen = (await this.#glance(record)) ?? (await this.#look(record))
    if (seen.state === 'ended') {
      // It ended by itself, and left a folder and a lease.
      await this.#end(record)
      seen = await this.#look(record)
    }
    if (seen.state === 'gone') return this.#toTerminated(record)
    const state = record.terminationRequestedAt || seen.state === 'ended' ? 'terminating' : seen.state
    return this.#toMachine(record, state, `host ${record.host}: ${seen.detail}`)
  }

  /** Undefined if none of the processes of the last look is left: only a whole look says what that means. */
  async #glance(record: MachineRecord): Promise<Look | undefined> {
    const pids = this.#running.get(record.machineId)
    if (pids === undefined || pids.length === 0) return undefined
    const answer = await this.#connectionTo(record.host).call('glance', {
      ...variablesOf(record),
      pids: pids.join(' '),
    })
    return answer.all('pid').length > 0 ? runningAs(answer.all('pid')) : undefined
  }

  async #look(record: MachineRecord): Promise<Look> {
    const answer = await this.#connectionTo(record.host).call('look', variablesOf(record))
    refuseBlind(answer, record.host)
    this.#running.set(record.machineId, answer.all('pid'))
    return judge(answer, record.runId)
  }

  async #toTerminated(record: MachineRecord): Promise<Machine> {
    if (record.terminatedAt) return this.#toMachine(record, 'terminated', record.terminationProof ?? '')
    const terminationProof =
      `host ${record.host} (${this.#connectionTo(record.host).fingerprint}): no process of the machine is left, ` +
      'its folder is removed, and the lease is released'
    const gone = { ...record, terminatedAt: this.#clock.now().toISOString(), terminationProof }
    await this.#files.write(gone).catch(() => {})
    return this.#toMachine(gone, 'terminated', terminationProof)
  }

  #toMachine(record: MachineRecord, state: Machine['state'], stateDetail: string): Machine {
    const { machineId, runId, host, launchedAt, terminatedAt } = record
    return {
      machineId,
      runId,
      state,
      instanceType: null,
      region: host,
      zone: null,
      imageId: null,
      hostKey: this.#connectionTo(host).fingerprint,
      launchedAt: launchedAt === null ? null : new Date(launchedAt),
      terminatedAt: state === 'terminated' && terminatedAt !== null ? new Date(terminatedAt) : null,
      stateDetail,
      end: null,
      logPath: this.#files.logPath(machineId),
    }
  }
}

function variablesOf({ machineId, runId }: MachineRecord): HostVariables {
  const log_bytes = String(PROVIDER_LIMITS.localLog.value)
  return { machine: machineId, run: runId, brand: brandOf('machine', machineId), log_bytes }
}

function noCapacity(host: SshHost, held: string, { runId }: LaunchRequest): RadixError {
  const busy = busyError(host.name, held, runId)
  const params = { provider: 'ssh', placement: `another run on ${host.name}`, message: busy?.why ?? 'it is taken' }
  const words = busy ? { words: { why: busy.why, fix: busy.fix } } : {}
  return new RadixError('LAUNCH_CAPACITY', params, words)
}

function whoAmI(): string {
  try {
    return `${userInfo().username}@${hostname()}`
  } catch {
    return hostname() // the user has no entry in the list of users
  }
}
