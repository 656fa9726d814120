/** The network of machines: subnets with their zones and routes to the internet, and the security group. */
import {
  type Filter,
  paginateDescribeRouteTables,
  paginateDescribeSecurityGroups,
  paginateDescribeSubnets,
  type RouteTable,
  type SecurityGroup,
  type Subnet,
} from '@aws-sdk/client-ec2'
import { RadixError } from '../../errors/radix-error.ts'
import type { AwsClients } from './aws-clients.ts'
import { awsCodeOf } from './ec2-errors.ts'
import { listAll } from './list-all.ts'
import { DEFAULT_NAMES, EARLIER_NAMES } from './names.ts'
import type { Ec2Settings } from './settings.ts'

export interface MachineSubnet {
  subnetId: string
  vpcId: string
  zone: string
  /** `internet`: through an internet gateway, with a public address. `nat`: through a NAT. `none`: no route out. */
  wayOut: 'internet' | 'nat' | 'none'
}

/** In the order of the settings; the default VPC's subnets if none are named. Throws `AWS_NETWORK_UNUSABLE`. */
export async function findSubnets(clients: AwsClients, { subnetIds }: Ec2Settings): Promise<MachineSubnet[]> {
  const subnets = await describeSubnets(clients, subnetIds)
  if (subnets.length === 0) {
    throw new RadixError('AWS_NETWORK_UNUSABLE', {
      reason: `Region ${clients.region} has no default VPC with subnets, and no subnet was named.`,
      remedy: `Name one with \`--subnet-id\` (for a fallback region: its \`subnet_id\` in the file of \`--config\`), or create a default VPC: \`aws ec2 create-default-vpc --region ${clients.region}\`.`,
    })
  }
  const tables = await describeRouteTables(clients, subnets)
  return subnets.map((subnet) => ({
    subnetId: subnet.SubnetId ?? '',
    vpcId: subnet.VpcId ?? '',
    zone: subnet.AvailabilityZone ?? '',
    wayOut: findWayOut(subnet, tables),
  }))
}

/** The named group, or the one that `radix aws init` created in the VPC. Throws `AWS_NETWORK_UNUSABLE`. */
export async function findSecurityGroup(
  clients: AwsClients,
  { securityGroupId }: Ec2Settings,
  vpcId: string,
): Promise<SecurityGroup> {
  const filters = [
    { Name: 'vpc-id', Values: [vpcId] },
    { Name: 'group-name', Values: [DEFAULT_NAMES.securityGroup, EARLIER_NAMES.securityGroup] },
  ]
  const request = securityGroupId ? { GroupIds: [securityGroupId] } : { Filters: filters }
  const groups = await listSecurityGroups(clients, request).catch((error: unknown) => {
    if (awsCodeOf(error).startsWith('InvalidGroup')) return []
    throw error
  })
  const group = groups.find(({ GroupName }) => GroupName === DEFAULT_NAMES.securityGroup) ?? groups[0]
  if (group) return group
  throw new RadixError('AWS_NETWORK_UNUSABLE', {
    reason: `There is no security group ${securityGroupId ?? DEFAULT_NAMES.securityGroup} in ${vpcId}.`,
    remedy: `Let \`radix aws init\` create it (\`--region ${clients.region}\`; for a fallback region \`--fallback-region ${clients.region}\`), or name one with \`--security-group-id\`.`,
  })
}

/** True if the group allows outbound TCP 443 to anywhere: the control plane, SSM and the image registries need it. */
export function letsHttpsOut({ IpPermissionsEgress = [] }: SecurityGroup): boolean {
  return IpPermissionsEgress.some(({ IpProtocol, FromPort = 0, ToPort = 65_535, IpRanges, PrefixListIds }) => {
    const coversPort = IpProtocol === '-1' || (IpProtocol === 'tcp' && FromPort <= 443 && ToPort >= 443)
    return coversPort && ((IpRanges?.length ?? 0) > 0 || (PrefixListIds?.length ?? 0) > 0)
  })
}

export function listSubnets(
  { ec2 }: AwsClients,
  request: { SubnetIds: string[] } | { Filters: Filter[] },
): Promise<Subnet[]> {
  return listAll(paginateDescribeSubnets({ client: ec2 }, request), (page) => page.Subnets)
}

export function listSecurityGroups(
  { ec2 }: AwsClients,
  request: { GroupIds: string[] } | { Filters: Filter[] },
): Promise<SecurityGroup[]> {
  return listAll(paginateDescribeSecurityGroups({ client: ec2 }, request), (page) => page.SecurityGroups)
}

async function describeSubnets(clients: AwsClients, subnetIds: readonly string[]): Promise<Subnet[]> {
  const request =
    subnetIds.length > 0 ? { SubnetIds: [...subnetIds] } : { Filters: [{ Name: 'default-for-az', Values: ['true'] }] }
  try {
    const subnets = await listSubnets(clients, request)
    if (subnetIds.length === 0)
      return subnets.sort((a, b) => (a.AvailabilityZone ?? '').localeCompare(b.AvailabilityZone ?? ''))
    return subnetIds.flatMap((id) => subnets.find(({ SubnetId }) => SubnetId === id) ?? [])
  } catch (error) {
    if (!awsCodeOf(error).startsWith('InvalidSubnetID')) throw error
    throw new RadixError(
      'AWS_NETWORK_UNUSABLE',
      {
        reason: error instanceof Error ? error.message : String(error),
        remedy: `Name a subnet of the region: \`aws ec2 describe-subnets --region ${clients.region}\`.`,
      },
      { cause: error },
    )
  }
}

async function describeRouteTables({ ec2 }: AwsClients, subnets: readonly Subnet[]): Promise<RouteTable[]> {
  const vpcIds = [...new Set(subnets.map(({ VpcId }) => VpcId ?? ''))]
  const request = { Filters: [{ Name: 'vpc-id', Values: vpcIds }] }
  return listAll(paginateDescribeRouteTables({ client: ec2 }, request), (page) => page.RouteTables)
}

/** The subnet's own table, else the main one of its VPC. */
function findWayOut(subnet: Subnet, tables: readonly RouteTable[]): MachineSubnet['wayOut'] {
  const ofVpc = tables.filter(({ VpcId }) => VpcId === subnet.VpcId)
  const table =
    ofVpc.find(({ Associations = [] }) => Associations.some(({ SubnetId }) => SubnetId === subnet.SubnetId)) ??
    ofVpc.find(({ Associations = [] }) => Associations.some(({ Main }) => Main))
  const route = table?.Routes?.find(
    ({ DestinationCidrBlock, State }) => DestinationCidrBlock === '0.0.0.0/0' && State !== 'blackhole',
  )
  if (!route) return 'none'
  return route.GatewayId?.startsWith('igw-') ? 'internet' : 'nat'
}
