/** Builds the launch request: the tags, closed access and guaranteed end of a machine. Pure. */
import type { RunInstancesCommandInput, Tag } from '@aws-sdk/client-ec2'
import type { LaunchRequest } from '../provider.ts'
import type { MachineImage } from './image.ts'
import { TAG } from './names.ts'
import type { MachineSubnet } from './network.ts'
import type { Ec2Settings } from './settings.ts'

export interface RunInstancesOptions {
  request: LaunchRequest
  settings: Ec2Settings
  image: MachineImage
  subnet: MachineSubnet
  securityGroupId: string
  userData: string
}

export function buildRunInstances(options: RunInstancesOptions): RunInstancesCommandInput {
  const { request, settings, image, subnet, securityGroupId, userData } = options
  const { placement } = request
  const tags = buildTags(request, settings)
  return {
    ClientToken: request.clientToken,
    ImageId: image.imageId,
    InstanceType: placement.instanceType as RunInstancesCommandInput['InstanceType'],
    MinCount: 1,
    MaxCount: 1,
    IamInstanceProfile: { Name: settings.instanceProfileName },
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: subnet.subnetId,
        Groups: [securityGroupId],
        DeleteOnTermination: true,
        // Without a public address it could not use the internet gateway. Inbound traffic is blocked in any case.
        AssociatePublicIpAddress: subnet.wayOut === 'internet',
      },
    ],
    // A hop limit of 1: a container cannot ask for the instance's credentials.
    MetadataOptions: { HttpEndpoint: 'enabled', HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
    // The dead-man timer relies on this: powering off terminates the instance.
    InstanceInitiatedShutdownBehavior: 'terminate',
    BlockDeviceMappings: [
      {
        DeviceName: image.rootDeviceName,
        Ebs: {
          VolumeSize: Math.max(settings.rootVolumeGib, image.rootVolumeGib),
          VolumeType: 'gp3',
          DeleteOnTermination: true,
        },
      },
    ],
    ...marketOf(placement, settings),
    UserData: Buffer.from(userData).toString('base64'),
    TagSpecifications: (['instance', 'volume'] as const).map((ResourceType) => ({ ResourceType, Tags: tags })),
  }
}

function marketOf(
  { market }: LaunchRequest['placement'],
  { capacityReservationId }: Ec2Settings,
): Pick<RunInstancesCommandInput, 'InstanceMarketOptions' | 'CapacityReservationSpecification'> {
  if (market === 'spot') {
    const SpotOptions = { SpotInstanceType: 'one-time', InstanceInterruptionBehavior: 'terminate' } as const
    return { InstanceMarketOptions: { MarketType: 'spot', SpotOptions } }
  }
  if (market !== 'reserved' && market !== 'capacity-block') return {}
  const target = { CapacityReservationTarget: { CapacityReservationId: capacityReservationId } }
  return {
    ...(market === 'capacity-block' ? { InstanceMarketOptions: { MarketType: 'capacity-block' } } : {}),
    CapacityReservationSpecification: target,
  }
}

/** In the same call as the launch, so the machine never exists without its tags. */
export function buildTags(request: LaunchRequest, { managedBy }: Pick<Ec2Settings, 'managedBy'>): Tag[] {
  return [
    { Key: TAG.managedBy, Value: managedBy },
    { Key: TAG.runId, Value: request.runId },
    { Key: TAG.clusterName, Value: request.clusterName },
    { Key: TAG.clientToken, Value: request.clientToken },
    { Key: TAG.deadline, Value: request.deadlineAt.toISOString() },
    { Key: TAG.name, Value: `radix ${request.clusterName} ${request.runId}` },
  ]
}
