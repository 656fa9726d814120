/**
 * Volumes that outlive their instance: they are billed as long as they are there, and EC2 forgets an instance within the
 * hour. Each counts as a machine of its run that is on its way out, so that whatever ends machines ends it, too.
 */
import { DeleteVolumeCommand, DescribeVolumesCommand, type Filter, type Volume } from '@aws-sdk/client-ec2'
import type { Machine } from '../provider.ts'
import type { AwsClients } from './aws-clients.ts'
import { classifyEc2Error } from './ec2-errors.ts'
import { TAG } from './names.ts'

export function isVolumeId(machineId: string): boolean {
  return machineId.startsWith('vol-')
}

/** Volumes with this tag that are not deleted. */
export async function findVolumes({ ec2 }: AwsClients, tag: string, value: string): Promise<Volume[]> {
  return describeVolumes(ec2, { Filters: [{ Name: `tag:${tag}`, Values: [value] }] })
}

/** Those of the run that are attached to no instance that is there. */
export async function findVolumesLeft(
  clients: AwsClients,
  runId: string,
  instanceIds: readonly string[],
): Promise<Machine[]> {
  const volumes = await findVolumes(clients, TAG.runId, runId)
  const isAttached = ({ Attachments = [] }: Volume) =>
    Attachments.some(({ InstanceId = '' }) => instanceIds.includes(InstanceId))
  return volumes.filter((volume) => !isAttached(volume)).map((volume) => toMachine(volume, clients.region))
}

/** `undefined` when it is deleted. */
export async function describeVolume(clients: AwsClients, volumeId: string): Promise<Machine | undefined> {
  const [volume] = await describeVolumes(clients.ec2, { VolumeIds: [volumeId] })
  return volume && toMachine(volume, clients.region)
}

export async function deleteVolume({ ec2 }: AwsClients, volumeId: string): Promise<void> {
  await ec2.send(new DeleteVolumeCommand({ VolumeId: volumeId }))
}

async function describeVolumes(
  ec2: AwsClients['ec2'],
  request: { Filters: Filter[] } | { VolumeIds: string[] },
): Promise<Volume[]> {
  try {
    const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand(request))
    return Volumes.filter(({ State }) => State !== 'deleting' && State !== 'deleted')
  } catch (error) {
    if (classifyEc2Error(error) === 'gone') return []
    throw error
  }
}

function toMachine({ VolumeId = '', State, Tags = [], AvailabilityZone }: Volume, region: string): Machine {
  return {
    machineId: VolumeId,
    runId: Tags.find(({ Key }) => Key === TAG.runId)?.Value ?? '',
    state: 'terminating',
    instanceType: null,
    region,
    zone: AvailabilityZone ?? null,
    imageId: null,
    launchedAt: null,
    terminatedAt: null,
    stateDetail: `EC2 says volume ${VolumeId} is ${State}`,
    logPath: null,
  }
}
