/** Machines as EC2 instances in the user's own account. */
import {
  type Instance,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import type { Clock } from '../../core/clock.ts'
import { systemClock } from '../../core/clock.ts'
import { EC2_LIMITS } from '../../core/limits/ec2.ts'
import type { Lookup } from '../../core/lookup.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { RELAYED_API_BASE } from '../../relay/access.ts'
import {
  type BootCause,
  describePlacement,
  type Finding,
  LaunchNotCompleted,
  type LaunchRequest,
  type Machine,
  type Placement,
  type PreflightRequest,
  type Provider,
  type Quote,
} from '../provider.ts'
import { findAbsentCredentials } from './absent-credentials.ts'
import { watchAttempts } from './attempts.ts'
import { type AwsClients, createAwsClients } from './aws-clients.ts'
import { findBootCause, unreadableConsole } from './boot-cause.ts'
import { placeInReservation, readReservation } from './capacity-reservation.ts'
import { parseBootPhases, readConsole, readLogsBySsm } from './diagnostics.ts'
import { awsCodeOf, classifyEc2Error, explainAwsErrors, messageOf, toAwsError, toLaunchError } from './ec2-errors.ts'
import { findImage } from './image.ts'
import { readInstallDigest } from './install-digest.ts'
import { arnOf, describeInstance, findInstances, toMachine } from './instances.ts'
import { TAG } from './names.ts'
import { findSecurityGroup, findSubnets } from './network.ts'
import { readOffers } from './offers.ts'
import { planPlacements } from './placements.ts'
import { runPreflight } from './preflight/index.ts'
import { quotePlacement } from './prices.ts'
import { Ec2Relays, type RelayPorts } from './relay/ec2-relays.ts'
import { buildRunInstances } from './run-instances.ts'
import { bindSecret, deleteSecrets, putSecret } from './secrets.ts'
import type { Ec2Settings } from './settings.ts'
import { renderUserData, type UserDataOptions } from './user-data.ts'
import { deleteVolume, describeVolume, findVolumesLeft, isVolumeId } from './volumes.ts'

export interface Ec2ProviderOptions {
  settings: Ec2Settings
  clients?: AwsClients
  clock?: Clock
  /** For a control plane that machines cannot reach. */
  relay?: RelayPorts
}

export function createEc2Provider(options: Ec2ProviderOptions): Provider {
  return new Ec2Provider(options)
}

class Ec2Provider implements Provider {
  readonly name = 'ec2'
  readonly launchesMachines = true
  /** EC2 is eventually consistent: a new instance may be unknown to the next call. */
  readonly settleMs = EC2_LIMITS.settle.value
  readonly #settings: Ec2Settings
  readonly #clients: AwsClients
  readonly #clock: Clock
  readonly #relays: Ec2Relays | undefined

  constructor({
    settings,
    clients = createAwsClients(settings.region),
    clock = systemClock,
    relay,
  }: Ec2ProviderOptions) {
    this.#relays = relay && new Ec2Relays(clients, relay, clock)
    this.#settings = settings
    this.#clients = clients
    this.#clock = clock
  }

  async requireCredentials(): Promise<void> {
    const failure = await findAbsentCredentials(this.#clients)
    if (failure) throw toAwsError(failure)
  }

  preflight(request: PreflightRequest): Promise<Finding[]> {
    const usesRelay = this.#relays !== undefined
    return runPreflight({
      clients: this.#clients,
      settings: this.#settings,
      request,
      usesRelay,
      now: this.#clock.now(),
    })
  }

  listPlacements(): Promise<Placement[]> {
    return explainAwsErrors(async () => {
      const { instanceTypes, region, capacityReservationId } = this.#settings
      if (capacityReservationId !== undefined) {
        const reservation = await readReservation(this.#clients, capacityReservationId)
        return [placeInReservation(reservation, this.#settings)]
      }
      const [subnets, offers] = await Promise.all([
        findSubnets(this.#clients, this.#settings),
        readOffers(this.#clients, instanceTypes),
      ])
      const placements = planPlacements(this.#settings, subnets, offers)
      if (placements.length > 0) return placements
      const place = subnets.map(({ zone }) => zone).join(', ')
      throw new RadixError('AWS_INSTANCE_TYPE_UNUSABLE', { instance_type: instanceTypes.join(', '), place, region })
    })
  }

  quote(placement: Placement): Promise<Quote | null> {
    return quotePlacement(this.#clients, placement, this.#clock.now())
  }

  storeSecret(runId: string, name: string, value: string): Promise<string> {
    return explainAwsErrors(() => putSecret(this.#clients.ssm, runId, name, value))
  }

  /** The relay is a secret, too. Each is tried even if the other fails. */
  async deleteSecrets(runId: string): Promise<void> {
    const results = await Promise.allSettled([
      explainAwsErrors(() => deleteSecrets(this.#clients.ssm, runId, this.#clock)),
      explainAwsErrors(async () => this.#relays?.delete(runId)),
    ])
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }

  async launch(request: LaunchRequest, signal: AbortSignal): Promise<Machine> {
    // No machine is launched yet: errors here are ordinary AWS errors, not launch errors.
    const relay = await explainAwsErrors(() => this.#openRelay(request, signal))
    const input = await explainAwsErrors(() => this.#prepareLaunch(request, relay))
    signal.throwIfAborted()
    const instance = await this.#runInstance(input, request)
    const machine = { ...toMachine(instance, this.#settings.region), runId: request.runId }
    const references = [request.onboardingTokenReference, ...Object.values(relay ?? {})]
    for (const reference of references) if (reference) await this.#letReadSecret(instance, machine, reference)
    return machine
  }

  /** An unanswered attempt may have launched a machine, whatever the answers to later attempts. */
  async #runInstance(input: RunInstancesCommandInput, request: LaunchRequest): Promise<Instance> {
    const command = new RunInstancesCommand(input)
    const attempts = watchAttempts(command)
    try {
      const { Instances = [] } = await this.#clients.ec2.send(command)
      const [instance] = Instances
      if (instance?.InstanceId) return instance
      throw new Error('EC2 answered without an instance')
    } catch (error) {
      // The attempt was made before with other parameters (a newer image, say). Its machine is the one that was
      // requested.
      if (awsCodeOf(error) === 'IdempotentParameterMismatch') return this.#findByClientToken(request)
      if (attempts.mayHaveTakenEffect) {
        const params = {
          provider: this.name,
          placement: describePlacement(request.placement),
          message: messageOf(error),
        }
        throw new RadixError('LAUNCH_UNANSWERED', params, { cause: error })
      }
      throw toLaunchError(error, request.placement)
    }
  }

  async describe(machineId: string): Promise<Lookup<Machine>> {
    if (isVolumeId(machineId)) return describeVolume(this.#clients, machineId)
    const seen = await describeInstance(this.#clients, machineId)
    // Another process may have launched it: the machine needs its relay as long as it runs.
    const isUp = seen.outcome === 'found' && (seen.value.state === 'pending' || seen.value.state === 'running')
    // A failure is not one of this look; the next look tries again.
    if (isUp) await this.#relays?.serve(seen.value.runId).catch(() => {})
    return seen
  }

  findByRun(runId: string): Promise<Machine[]> {
    return explainAwsErrors(async () => {
      const instances = await findInstances(this.#clients, { [TAG.runId]: [runId] })
      const machines = instances.map((instance) => toMachine(instance, this.#settings.region))
      const instanceIds = machines.map(({ machineId }) => machineId)
      return [...machines, ...(await findVolumesLeft(this.#clients, runId, instanceIds))]
    })
  }

  async terminate(machineId: string): Promise<void> {
    try {
      if (isVolumeId(machineId)) await deleteVolume(this.#clients, machineId)
      else await this.#clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [machineId] }))
    } catch (error) {
      if (classifyEc2Error(error) !== 'gone') throw toAwsError(error)
    }
  }

  async readBootPhase(machineId: string): Promise<string | null> {
    const console = await readConsole(this.#clients, machineId)
    const last = console.outcome === 'found' ? parseBootPhases(console.value).at(-1) : undefined
    return last ? [last.phase, last.detail].filter(Boolean).join(': ') : null
  }

  async findBootCause(machineId: string): Promise<BootCause> {
    const console = await readConsole(this.#clients, machineId)
    if (console.outcome === 'unknown') return unreadableConsole(console.reason)
    return findBootCause(console.outcome === 'found' ? parseBootPhases(console.value) : [])
  }

  /** As much as is available: a machine that does not come up reveals the least. */
  async readLog(machineId: string): Promise<string> {
    const [console, logs] = await Promise.all([
      readConsole(this.#clients, machineId),
      readLogsBySsm(this.#clients, machineId, this.#clock).catch(() => ''),
    ])
    return [console.outcome === 'found' ? console.value : '', logs].filter(Boolean).join('\n')
  }

  async close(): Promise<void> {
    await this.#relays?.close()
  }

  async #findByClientToken(request: LaunchRequest): Promise<Instance> {
    const tags = { [TAG.runId]: [request.runId], [TAG.clientToken]: [request.clientToken] }
    const [instance] = await findInstances(this.#clients, tags).catch((error: unknown) => {
      throw this.#unanswered(
        request,
        `the attempt was made before, and its machine could not be looked up: ${messageOf(error)}`,
      )
    })
    if (instance) return instance
    throw this.#unanswered(request, 'the attempt was made before, and its machine has ended or is not listed yet')
  }

  #unanswered({ placement }: LaunchRequest, message: string): RadixError {
    return new RadixError('LAUNCH_UNANSWERED', {
      provider: this.name,
      placement: describePlacement(placement),
      message,
    })
  }

  /** A machine without a profile has no permission that this could narrow. */
  async #letReadSecret(instance: Instance, machine: Machine, reference: string): Promise<void> {
    const arn = arnOf(instance, this.#settings.region)
    if (!arn) return
    await bindSecret(this.#clients.ssm, reference, arn).catch((error: unknown) => {
      const { code, why, fix, details } = toAwsError(error)
      const words = { why: `${machine.machineId} was launched but may not read its secret. ${why}`, fix }
      throw new LaunchNotCompleted(machine, new RadixError(code, {} as never, { words, details, cause: error }))
    })
  }

  /** Nothing where the machine reaches the control plane itself. The references are of secrets that the machine reads. */
  async #openRelay(request: LaunchRequest, signal: AbortSignal): Promise<UserDataOptions['relay']> {
    const { runId, clusterId, deadlineAt, apiBase } = request
    const { managedBy, agentImage } = this.#settings
    if (!this.#relays) return undefined
    const record = await this.#relays.open({ ownerId: runId, clusterId, deadlineAt, managedBy }, signal)
    const { ssm } = this.#clients
    const accessParameterName = await putSecret(ssm, runId, 'relay', this.#relays.accessFileOf(record))
    const agentFiles = agentImage === null ? await this.#relays.storeAgentFiles(record, apiBase, signal) : null
    const agentFilesParameterName = agentFiles && (await putSecret(ssm, runId, 'agent-files', agentFiles))
    await this.#relays.serve(runId)
    return { accessParameterName, agentFilesParameterName }
  }

  async #prepareLaunch(request: LaunchRequest, relay: UserDataOptions['relay']) {
    const settings = this.#settings
    const [image, subnets, installSha256] = await Promise.all([
      findImage(this.#clients, settings, this.#clock.now()),
      findSubnets(this.#clients, settings),
      settings.agentImage === null ? readInstallDigest(request.apiBase) : '',
    ])
    const subnet = subnets.find(({ zone }) => zone === request.placement.zone)
    if (!subnet) {
      throw new RadixError('AWS_NETWORK_UNUSABLE', {
        reason: `Zone ${request.placement.zone} no longer has a subnet.`,
        remedy: `Name a subnet of the region: \`aws ec2 describe-subnets --region ${settings.region}\`.`,
      })
    }
    const group = await findSecurityGroup(this.#clients, settings, subnet.vpcId)
    const userData = renderUserData({
      ...(relay ? { apiBase: RELAYED_API_BASE, relay } : { apiBase: request.apiBase }),
      clusterId: request.clusterId,
      runId: request.runId,
      machineId: request.clientToken,
      deadlineAt: request.deadlineAt,
      region: settings.region,
      onboardingParameterName: request.onboardingTokenReference,
      agent: settings.agentImage === null ? { installSha256 } : { image: settings.agentImage },
      workloadImage: settings.workloadImage,
    })
    return buildRunInstances({ request, settings, image, subnet, securityGroupId: group.GroupId ?? '', userData })
  }
}
