/**
 * Interface endpoints, through which a machine in a subnet without a route to the internet reaches SSM. Each costs
 * money.
 */
import {
  CreateVpcEndpointCommand,
  DeleteVpcEndpointsCommand,
  type Filter,
  ModifyVpcEndpointCommand,
  paginateDescribeVpcEndpoints,
  type VpcEndpoint,
} from '@aws-sdk/client-ec2'
import { RadixError } from '../../../errors/radix-error.ts'
import type { AwsClients } from '../aws-clients.ts'
import { listAll } from '../list-all.ts'
import type { MachineSubnet } from '../network.ts'
import type { ChosenNetwork } from './choose-network.ts'
import { endpointName, type VpcEndpointsDefinition } from './definition.ts'
import { type AccountResource, type Difference, hasOurTag, ourTags } from './resource.ts'
import { findGroup } from './security-group.ts'

/** An endpoint that Radix did not create is used unchanged. */
export function vpcEndpoint(
  clients: AwsClients,
  network: ChosenNetwork,
  { kind, mayBeForeign, group: groupName }: VpcEndpointsDefinition,
  service: string,
): AccountResource {
  const { ec2 } = clients
  const { vpcId, subnets } = network
  const subnetIds = onePerZone(subnets)
  const find = () => findEndpoint(clients, vpcId, service)
  return {
    kind,
    name: endpointName(service),
    mayBeForeign,

    async find() {
      const endpoint = await find()
      if (!endpoint) return undefined
      const isOurs = hasOurTag(endpoint.Tags)
      const differences = isOurs ? compareSubnets(clients, endpoint, subnetIds) : []
      return { id: endpoint.VpcEndpointId ?? '', isOurs, differences }
    },

    async create() {
      const group = await findGroup(clients, vpcId, groupName)
      if (!group?.GroupId) throw new Error(`security group ${groupName} no longer exists`)
      await ec2.send(
        new CreateVpcEndpointCommand({
          VpcEndpointType: 'Interface',
          VpcId: vpcId,
          ServiceName: serviceName(clients, service),
          SubnetIds: subnetIds,
          SecurityGroupIds: [group.GroupId],
          PrivateDnsEnabled: true,
          TagSpecifications: [{ ResourceType: 'vpc-endpoint', Tags: ourTags(endpointName(service)) }],
        }),
      )
    },

    async remove() {
      const endpoint = await find()
      if (!endpoint?.VpcEndpointId) return
      const request = new DeleteVpcEndpointsCommand({ VpcEndpointIds: [endpoint.VpcEndpointId] })
      const { Unsuccessful = [] } = await ec2.send(request)
      // This call can return without an error although it did not do the work.
      const message = Unsuccessful[0]?.Error?.Message
      if (message) throw new RadixError('AWS_CALL_FAILED', { message: `${endpoint.VpcEndpointId}: ${message}` })
    },
  }
}

async function findEndpoint(clients: AwsClients, vpcId: string, service: string): Promise<VpcEndpoint | undefined> {
  const filters = [
    { Name: 'vpc-id', Values: [vpcId] },
    { Name: 'service-name', Values: [serviceName(clients, service)] },
  ]
  const endpoints = await listVpcEndpoints(clients, filters)
  const living = endpoints.filter(isLiving)
  return living.find(({ Tags }) => hasOurTag(Tags)) ?? living[0]
}

/** A deleted one is still listed for a while. */
export function isLiving({ State }: VpcEndpoint): boolean {
  return !/^(deleting|deleted|failed|rejected|expired)$/i.test(State ?? '')
}

export function listVpcEndpoints({ ec2 }: AwsClients, filters: Filter[]): Promise<VpcEndpoint[]> {
  return listAll(paginateDescribeVpcEndpoints({ client: ec2 }, { Filters: filters }), (page) => page.VpcEndpoints)
}

function compareSubnets(
  { ec2 }: AwsClients,
  { VpcEndpointId, SubnetIds = [] }: VpcEndpoint,
  wanted: readonly string[],
): Difference[] {
  const missing = wanted.filter((id) => !SubnetIds.includes(id))
  if (missing.length === 0) return []
  const request = { VpcEndpointId, AddSubnetIds: missing }
  return [{ what: `is not in ${missing.join(', ')}`, correct: () => ec2.send(new ModifyVpcEndpointCommand(request)) }]
}

/** An endpoint takes one subnet of each zone, and also serves the zone's other subnets. */
function onePerZone(subnets: readonly MachineSubnet[]): string[] {
  const byZone = new Map<string, string>()
  for (const { zone, subnetId } of subnets) if (!byZone.has(zone)) byZone.set(zone, subnetId)
  return [...byZone.values()]
}

function serviceName({ region }: AwsClients, service: string): string {
  return `com.amazonaws.${region}.${service}`
}
