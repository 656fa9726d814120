/**
 * A cloud in memory, for tests. The cloud outlives the provider objects that use it, as a real one outlives processes.
 * The test decides what a machine does when it boots.
 */
import type { Clock } from '../../core/clock.ts'
import { systemClock } from '../../core/clock.ts'
import { deriveId } from '../../core/ids.ts'
import { ABSENT, found, unknown } from '../../core/lookup.ts'
import { RadixError } from '../../errors/radix-error.ts'
import {
  type LaunchRequest,
  type Machine,
  type MachineEnd,
  NO_CHOICE,
  type Placement,
  type Provider,
} from '../provider.ts'

/** Something that runs on a machine until it is stopped. */
export interface Workings {
  stop(): Promise<void>
}

interface FakeMachine {
  machine: Machine
  workings: Workings | undefined
}

export interface FakeCloudOptions {
  clock?: Clock
  /** Called once per launched machine, with the onboarding token that it would have fetched. */
  boot?: (request: LaunchRequest, onboardingToken: string) => Workings
}

export class FakeCloud {
  readonly #machines = new Map<string, FakeMachine>()
  readonly #secrets = new Map<string, Map<string, string>>()
  readonly #clock: Clock
  readonly #boot: FakeCloudOptions['boot']
  /** True: requests to terminate are accepted and have no effect. */
  terminationIsStuck = false
  /** True: looking is denied. */
  isBlind = false
  /** Set: launching is refused with these words. */
  launchRefusal: string | undefined
  launchCount = 0
  placements: Placement[] = [NO_CHOICE]
  /** Instance types without capacity. */
  readonly exhausted = new Set<string>()

  constructor({ clock = systemClock, boot }: FakeCloudOptions = {}) {
    this.#clock = clock
    this.#boot = boot
  }

  /** Machines that are not terminated. */
  get livingMachines(): Machine[] {
    return [...this.#machines.values()].map(({ machine }) => machine).filter(({ state }) => state !== 'terminated')
  }

  get secretCount(): number {
    return [...this.#secrets.values()].reduce((count, secrets) => count + secrets.size, 0)
  }

  /** The machine ends by itself, as a spot instance that is reclaimed. */
  async end(machineId: string, detail: string, end: MachineEnd | null = null): Promise<void> {
    const known = this.#machines.get(machineId)
    if (!known || known.machine.state === 'terminated') return
    const terminatedAt = this.#clock.now()
    known.machine = { ...known.machine, state: 'terminated', terminatedAt, stateDetail: detail, end }
    await known.workings?.stop()
  }

  createProvider(): Provider {
    return {
      name: 'fake',
      launchesMachines: true,
      settleMs: 0,
      preflight: async () => [],
      listPlacements: async () => this.placements,
      quote: async () => null,
      storeSecret: async (runId, name, value) => {
        const secrets = this.#secrets.get(runId) ?? new Map<string, string>()
        this.#secrets.set(runId, secrets.set(name, value))
        return `fake:${runId}/${name}`
      },
      deleteSecrets: async (runId) => void this.#secrets.delete(runId),
      launch: async (request) => this.#launch(request),
      describe: async (machineId) => {
        if (this.isBlind) return unknown('looking is denied')
        const known = this.#machines.get(machineId)
        return known ? found(known.machine) : ABSENT
      },
      findByRun: async (runId) => {
        const params = { provider: 'fake', reason: 'looking is denied', run_id: runId }
        if (this.isBlind) throw new RadixError('MACHINE_NOT_SEEN', params)
        return this.livingMachines.filter((machine) => machine.runId === runId)
      },
      terminate: async (machineId) => {
        if (!this.terminationIsStuck) return this.end(machineId, 'terminated on request')
        const known = this.#machines.get(machineId)
        if (known && known.machine.state !== 'terminated') known.machine = { ...known.machine, state: 'terminating' }
      },
      readBootPhase: async () => null,
      findBootCause: async () => null,
      readLog: async (machineId) => (this.#machines.has(machineId) ? 'the fake machine has booted' : ''),
    }
  }

  #launch(request: LaunchRequest): Machine {
    const machineId = deriveId('m', [request.runId, request.clientToken])
    const known = this.#machines.get(machineId)
    if (known) return known.machine
    const { instanceType } = request.placement
    if (instanceType && this.exhausted.has(instanceType)) {
      const params = { provider: 'fake', placement: instanceType, message: 'there is none left' }
      throw new RadixError('LAUNCH_CAPACITY', params)
    }
    if (this.launchRefusal) {
      throw new RadixError('LAUNCH_FAILED', { provider: 'fake', message: this.launchRefusal, remedy: 'Allow it.' })
    }
    this.launchCount++
    const machine: Machine = {
      machineId,
      runId: request.runId,
      state: 'running',
      instanceType: instanceType ?? 'fake.large',
      region: 'memory',
      zone: null,
      imageId: null,
      launchedAt: this.#clock.now(),
      terminatedAt: null,
      stateDetail: 'running',
      end: null,
      logPath: null,
    }
    const [runId = '', name = ''] = request.onboardingTokenReference.replace(/^fake:/, '').split('/')
    const workings = this.#boot?.(request, this.#secrets.get(runId)?.get(name) ?? '')
    this.#machines.set(machineId, { machine, workings })
    return machine
  }
}
