/** What EC2 says of instances, as machines. */
import { DescribeInstancesCommand, type Filter, type Instance, type InstanceStateName } from '@aws-sdk/client-ec2'
import type { MachineState } from '../../core/transitions.ts'
import type { Machine } from '../provider.ts'
import type { AwsClients } from './aws-clients.ts'
import { classifyEc2Error } from './ec2-errors.ts'
import { TAG } from './names.ts'
import { findVolumes } from './volumes.ts'

/** A stopped instance still exists, and its volumes are billed: it is not on its way out. */
const STATES: Record<InstanceStateName, MachineState> = {
  pending: 'pending',
  running: 'running',
  stopping: 'running',
  stopped: 'running',
  'shutting-down': 'terminating',
  terminated: 'terminated',
}
const LIVING: InstanceStateName[] = ['pending', 'running', 'stopping', 'stopped', 'shutting-down']

/** `undefined` when EC2 does not know it: never there, or gone for about an hour. */
export async function describeInstance(clients: AwsClients, instanceId: string): Promise<Machine | undefined> {
  try {
    const request = new DescribeInstancesCommand({ InstanceIds: [instanceId] })
    const { Reservations = [] } = await clients.ec2.send(request)
    const instance = Reservations.flatMap(({ Instances = [] }) => Instances)[0]
    return instance && toMachine(instance, clients.region, await findVolumesLeft(clients, instance))
  } catch (error) {
    if (classifyEc2Error(error) === 'gone') return undefined
    throw error
  }
}

/** Every instance with these tags that is not terminated. */
export async function findInstances(
  clients: AwsClients,
  tags: Readonly<Record<string, string[]>>,
): Promise<Instance[]> {
  const filters: Filter[] = [
    ...Object.entries(tags).map(([key, values]) => ({ Name: `tag:${key}`, Values: values })),
    { Name: 'instance-state-name', Values: LIVING },
  ]
  const found: Instance[] = []
  let token: string | undefined
  do {
    const { Reservations = [], NextToken } = await clients.ec2.send(
      new DescribeInstancesCommand({ Filters: filters, NextToken: token }),
    )
    found.push(...Reservations.flatMap(({ Instances = [] }) => Instances))
    token = NextToken
  } while (token)
  return found
}

/** EC2 does not say it; account and partition are those of the profile that it was launched with. */
export function arnOf({ InstanceId, IamInstanceProfile }: Instance, region: string): string | undefined {
  const [, partition, , , accountId] = IamInstanceProfile?.Arn?.split(':') ?? []
  return accountId && `arn:${partition}:ec2:${region}:${accountId}:instance/${InstanceId}`
}

export function toMachine(instance: Instance, region: string, volumesLeft: readonly string[] = []): Machine {
  const name = instance.State?.Name ?? 'pending'
  const isGone = name === 'terminated' && volumesLeft.length === 0
  const reason = instance.StateTransitionReason ? ` (${instance.StateTransitionReason})` : ''
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
    logPath: `aws ec2 get-console-output --latest --region ${region} --instance-id ${instance.InstanceId}`,
  }
}

export function tagOf({ Tags = [] }: Instance, key: string): string | undefined {
  return Tags.find(({ Key }) => Key === key)?.Value
}

/** Volumes go with their instance, if all is well; they carry its tags. */
async function findVolumesLeft(clients: AwsClients, instance: Instance): Promise<string[]> {
  const clientToken = tagOf(instance, TAG.clientToken)
  if (instance.State?.Name !== 'terminated' || !clientToken) return []
  const volumes = await findVolumes(clients, TAG.clientToken, clientToken)
  return volumes.map(({ VolumeId }) => VolumeId ?? '')
}

/** EC2 puts it into words: `User initiated (2026-03-02 09:08:00 GMT)`. */
function transitionTime({ StateTransitionReason = '' }: Instance): Date | undefined {
  const [, date, time] = /\((\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (?:GMT|UTC)\)/.exec(StateTransitionReason) ?? []
  return date && time ? new Date(`${date}T${time}Z`) : undefined
}
