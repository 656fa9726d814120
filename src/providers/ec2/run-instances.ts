/** The request that launches a machine: everything that keeps it ours, closed, and bound to end. Pure. */
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
        // Without an address of its own it could not use the internet gateway; nothing may come in either way.
        AssociatePublicIpAddress: subnet.wayOut === 'internet',
      },
    ],
    // A hop limit of 1: a container cannot ask for the instance's credentials.
    MetadataOptions: { HttpEndpoint: 'enabled', HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
    // What the dead-man timer relies on: to power off is to be gone.
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
    ...(placement.market === 'spot'
      ? {
          InstanceMarketOptions: {
            MarketType: 'spot' as const,
            SpotOptions: { SpotInstanceType: 'one-time' as const, InstanceInterruptionBehavior: 'terminate' as const },
          },
        }
      : {}),
    UserData: Buffer.from(userData).toString('base64'),
    TagSpecifications: (['instance', 'volume'] as const).map((ResourceType) => ({ ResourceType, Tags: tags })),
  }
}

/** In the same call as the launch: there is no instant at which a machine of ours is not tagged. */
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
