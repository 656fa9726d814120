/** Maps EC2's instances to machines. */
import { type Filter, type Instance, type InstanceStateName, paginateDescribeInstances } from '@aws-sdk/client-ec2'
import { ABSENT, found, type Lookup } from '../../core/lookup.ts'
import type { MachineState } from '../../core/transitions.ts'
import type { Machine } from '../provider.ts'
import type { AwsClients } from './aws-clients.ts'
import { listAll, requireList } from './list-all.ts'
import { lookUp } from './look-up.ts'
import { findMachineEnd } from './machine-end.ts'
import { TAG } from './names.ts'
import { findVolumes } from './volumes.ts'

/** A stopped instance still exists, and its volumes are billed: it is not terminating. */
const STATES: Record<InstanceStateName, MachineState> = {
  pending: 'pending',
  running: 'running',
  stopping: 'running',
  stopped: 'running',
  'shutting-down': 'terminating',
  terminated: 'terminated',
}
const LIVING: InstanceStateName[] = ['pending', 'running', 'stopping', 'stopped', 'shutting-down']

/** Absent if EC2 does not know it: it never existed, is not listed yet, or terminated about an hour ago. */
export function describeInstance(clients: AwsClients, instanceId: string): Promise<Lookup<Machine>> {
  return lookUp(async () => {
    const [instance] = await listInstances(clients, { InstanceIds: [instanceId] })
    if (!instance) return ABSENT
    return found(toMachine(instance, clients.region, await findVolumesLeft(clients, instance)))
  })
}

/** Every instance with these tags that is not terminated. */
export function findInstances(clients: AwsClients, tags: Readonly<Record<string, string[]>>): Promise<Instance[]> {
  const filters: Filter[] = [
    ...Object.entries(tags).map(([key, values]) => ({ Name: `tag:${key}`, Values: values })),
    { Name: 'instance-state-name', Values: LIVING },
  ]
  return listInstances(clients, { Filters: filters })
}

export async function listInstances(
  { ec2 }: AwsClients,
  request: { InstanceIds: string[] } | { Filters: Filter[] },
): Promise<Instance[]> {
  const reservations = await listAll(paginateDescribeInstances({ client: ec2 }, request), (page) => page.Reservations)
  return reservations.flatMap(({ Instances }) => requireList(Instances))
}

/** EC2 does not return it; account and partition come from the launch profile. */
export function arnOf({ InstanceId, IamInstanceProfile }: Instance, region: string): string | undefined {
  const [, partition, , , accountId] = IamInstanceProfile?.Arn?.split(':') ?? []
  return accountId && `arn:${partition}:ec2:${region}:${accountId}:instance/${InstanceId}`
}

export function toMachine(instance: Instance, region: string, volumesLeft: readonly string[] = []): Machine {
  const name = instance.State?.Name ?? 'pending'
  const isGone = name === 'terminated' && volumesLeft.length === 0
  const reason = describeReason(instance)
  const volumes = volumesLeft.length > 0 ? `; volumes that are left: ${volumesLeft.join(', ')}` : '; no volume is left'
  return {
    machineId: instance.InstanceId ?? '',
    runId: tagOf(instance, TAG.runId) ?? '',
    state: name === 'terminated' && !isGone ? 'terminating' : STATES[name],
    instanceType: instance.InstanceType ?? null,
    region,
    zone: instance.Placement?.AvailabilityZone ?? null,
    imageId: instance.ImageId ?? null,
    launchedAt: instance.LaunchTime ?? null,
    terminatedAt: isGone ? (transitionTime(instance) ?? null) : null,
    stateDetail: `EC2 says ${instance.InstanceId} is ${name}${reason}${name === 'terminated' ? volumes : ''}`,
    end: findMachineEnd(instance),
    logPath: `aws ec2 get-console-output --latest --region ${region} --instance-id ${instance.InstanceId}`,
  }
}

export function tagOf({ Tags = [] }: Instance, key: string): string | undefined {
  return Tags.find(({ Key }) => Key === key)?.Value
}

/** Who ended it, and why. EC2 has two fields for it, which may be empty or equal. */
function describeReason({ StateTransitionReason, StateReason }: Instance): string {
  const texts = [StateTransitionReason, StateReason?.Message].filter((text) => text)
  return texts.length > 0 ? ` (${[...new Set(texts)].join('; ')})` : ''
}

/** Volumes are normally deleted with their instance; they carry its tags. */
async function findVolumesLeft(clients: AwsClients, instance: Instance): Promise<string[]> {
  const clientToken = tagOf(instance, TAG.clientToken)
  if (instance.State?.Name !== 'terminated' || !clientToken) return []
  const volumes = await findVolumes(clients, TAG.clientToken, clientToken)
  return volumes.map(({ VolumeId }) => VolumeId ?? '')
}

/** EC2 gives the time as text: `User initiated (2026-03-02 09:08:00 GMT)`. */
function transitionTime({ StateTransitionReason = '' }: Instance): Date | undefined {
  const [, date, time] = /\((\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (?:GMT|UTC)\)/.exec(StateTransitionReason) ?? []
  return date && time ? new Date(`${date}T${time}Z`) : undefined
}
