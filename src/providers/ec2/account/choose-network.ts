/** Chooses the VPC and subnets for machines. Changes nothing: networks belong to the user. */
import { RadixError } from '../../../errors/radix-error.ts'
import type { AwsClients } from '../aws-clients.ts'
import { findSubnets, listSubnets, type MachineSubnet } from '../network.ts'
import { parseEc2Settings } from '../settings.ts'

export interface NetworkWish {
  vpcId?: string | undefined
  subnetIds?: readonly string[] | undefined
}

export interface ChosenNetwork {
  vpcId: string
  subnets: MachineSubnet[]
}

/** The named subnets, else those of the named VPC, else those of the default VPC. Throws `AWS_NETWORK_UNUSABLE`. */
export async function chooseNetwork(
  clients: AwsClients,
  { vpcId, subnetIds = [] }: NetworkWish,
): Promise<ChosenNetwork> {
  const named = subnetIds.length === 0 && vpcId ? await listSubnetIds(clients, vpcId) : subnetIds
  const subnets = await findSubnets(clients, parseEc2Settings({ region: clients.region, subnetIds: named }))
  const vpcIds = [...new Set([...(vpcId ? [vpcId] : []), ...subnets.map((subnet) => subnet.vpcId)])]
  const [onlyVpcId] = vpcIds
  if (onlyVpcId && vpcIds.length === 1) return { vpcId: onlyVpcId, subnets }
  throw new RadixError('AWS_NETWORK_UNUSABLE', {
    reason: `The subnets are not all in one VPC: ${vpcIds.join(', ')}.`,
    remedy: 'Name subnets of one VPC with `--subnet-id`; leave `--vpc-id` out, or name that VPC.',
  })
}

async function listSubnetIds(clients: AwsClients, vpcId: string): Promise<string[]> {
  const subnets = await listSubnets(clients, { Filters: [{ Name: 'vpc-id', Values: [vpcId] }] })
  if (subnets.length > 0) return subnets.flatMap(({ SubnetId }) => SubnetId ?? [])
  throw new RadixError('AWS_NETWORK_UNUSABLE', {
    reason: `There is no VPC ${vpcId} with subnets in the region.`,
    remedy: 'List what there is: `aws ec2 describe-subnets --query "Subnets[].[VpcId,SubnetId]"`.',
  })
}
