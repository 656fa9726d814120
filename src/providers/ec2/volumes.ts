/**
 * Volumes that outlive their instance: they are billed while they exist, and EC2 forgets an instance within the hour.
 * Each counts as a terminating machine of its run, so the code that terminates machines also deletes it.
 */
import { DeleteVolumeCommand, type Filter, paginateDescribeVolumes, type Volume } from '@aws-sdk/client-ec2'
import { ABSENT, found, type Lookup } from '../../core/lookup.ts'
import type { Machine } from '../provider.ts'
import type { AwsClients } from './aws-clients.ts'
import { listAll } from './list-all.ts'
import { lookUp } from './look-up.ts'
import { TAG } from './names.ts'

export function isVolumeId(machineId: string): boolean {
  return machineId.startsWith('vol-')
}

/** Volumes with this tag that are not deleted. */
export function findVolumes(clients: AwsClients, tag: string, value: string): Promise<Volume[]> {
  return listVolumes(clients, { Filters: [{ Name: `tag:${tag}`, Values: [value] }] })
}

/** The run's volumes that are not attached to an existing instance. */
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

/** Absent if it is deleted. */
export function describeVolume(clients: AwsClients, volumeId: string): Promise<Lookup<Machine>> {
  return lookUp(async () => {
    const [volume] = await listVolumes(clients, { VolumeIds: [volumeId] })
    return volume ? found(toMachine(volume, clients.region)) : ABSENT
  })
}

export async function deleteVolume({ ec2 }: AwsClients, volumeId: string): Promise<void> {
  await ec2.send(new DeleteVolumeCommand({ VolumeId: volumeId }))
}

/** Those that are not deleted. */
export async function listVolumes(
  { ec2 }: AwsClients,
  request: { Filters: Filter[] } | { VolumeIds: string[] },
): Promise<Volume[]> {
  const volumes = await listAll(paginateDescribeVolumes({ client: ec2 }, request), (page) => page.Volumes)
  return volumes.filter(({ State }) => State !== 'deleting' && State !== 'deleted')
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
    end: null,
    logPath: null,
  }
}
