/** An AWS account in moto, with what a run needs there, by the SDK itself. */
import {
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateRouteCommand,
  CreateSecurityGroupCommand,
  DescribeImagesCommand,
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  RegisterImageCommand,
} from '@aws-sdk/client-ec2'
import { AddRoleToInstanceProfileCommand, CreateInstanceProfileCommand, CreateRoleCommand } from '@aws-sdk/client-iam'
import { type AwsClients, createAwsClients } from '../../src/providers/ec2/aws-clients.ts'
import { DEFAULT_NAMES } from '../../src/providers/ec2/names.ts'
import { type Ec2Settings, parseEc2Settings } from '../../src/providers/ec2/settings.ts'
import { MOTO_REGION } from './moto.ts'

export interface AwsAccount {
  clients: AwsClients
  settings: Ec2Settings
  zones: string[]
}

const EC2_MAY_ASSUME = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
})

/** The SDK must be pointed at moto by the environment already. */
export async function prepareAccount(): Promise<AwsAccount> {
  const { iam } = createAwsClients(MOTO_REGION)
  const RoleName = DEFAULT_NAMES.instanceRole
  const InstanceProfileName = DEFAULT_NAMES.instanceProfile
  await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: EC2_MAY_ASSUME }))
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName }))
  await iam.send(new AddRoleToInstanceProfileCommand({ RoleName, InstanceProfileName }))
  return prepareRegion(MOTO_REGION)
}

/** Another region of an account that is prepared: IAM has none. */
export async function prepareRegion(region: string): Promise<AwsAccount> {
  const clients = createAwsClients(region)
  const { ec2 } = clients
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}))
  const subnets = Subnets.sort((a, b) => (a.AvailabilityZone ?? '').localeCompare(b.AvailabilityZone ?? ''))
  await openVpc(clients, subnets[0]?.VpcId ?? '')
  const group = await ec2.send(
    new CreateSecurityGroupCommand({
      GroupName: DEFAULT_NAMES.securityGroup,
      Description: 'test',
      VpcId: subnets[0]?.VpcId,
    }),
  )
  const amiId = await findOrRegisterImage(clients)
  return {
    clients,
    zones: subnets.map(({ AvailabilityZone }) => AvailabilityZone ?? ''),
    settings: parseEc2Settings({
      region,
      instanceTypes: ['g5.2xlarge'],
      amiId,
      subnetIds: subnets.map(({ SubnetId }) => SubnetId),
      securityGroupId: group.GroupId,
      ...(process.env.BENCH_AGENT_IMAGE ? { agentImage: process.env.BENCH_AGENT_IMAGE } : {}),
    }),
  }
}

/** The default VPC of an account has a way out; moto's has none. */
async function openVpc({ ec2 }: AwsClients, vpcId: string): Promise<void> {
  const { InternetGateway } = await ec2.send(new CreateInternetGatewayCommand({}))
  const InternetGatewayId = InternetGateway?.InternetGatewayId
  await ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId, VpcId: vpcId }))
  const Filters = [{ Name: 'vpc-id', Values: [vpcId] }]
  const { RouteTables = [] } = await ec2.send(new DescribeRouteTablesCommand({ Filters }))
  const route = { DestinationCidrBlock: '0.0.0.0/0', GatewayId: InternetGatewayId }
  await ec2.send(new CreateRouteCommand({ RouteTableId: RouteTables[0]?.RouteTableId, ...route }))
}

async function findOrRegisterImage({ ec2 }: AwsClients): Promise<string> {
  const filters = [{ Name: 'architecture', Values: ['x86_64'] }]
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({ Filters: filters }))
  const found = Images.find(({ ImageId = '' }) => /^ami-[0-9a-f]{8,17}$/.test(ImageId))?.ImageId
  if (found) return found
  const { ImageId = '' } = await ec2.send(new RegisterImageCommand({ Name: 'test', Architecture: 'x86_64' }))
  return ImageId
}
