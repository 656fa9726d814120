/** What an account is to have, in the order in which it is made; it is taken back in the opposite order. */
import type { Clock } from '../../../core/clock.ts'
import type { AwsClients } from '../aws-clients.ts'
import { DEFAULT_NAMES, MANAGED_BY, TAG } from '../names.ts'
import { listSecurityGroups } from '../network.ts'
import type { ChosenNetwork } from './choose-network.ts'
import { iamRole } from './iam-role.ts'
import type { AccountIdentity } from './identity.ts'
import { instanceProfile } from './instance-profile.ts'
import { oidcProvider } from './oidc-provider.ts'
import {
  DEFAULT_INSTANCE_TYPES,
  githubPolicy,
  githubTrustPolicy,
  instancePolicy,
  instanceTrustPolicy,
  managedInstancePolicyArn,
} from './policies.ts'
import type { AccountResource } from './resource.ts'
import { endpointGroup, machineGroup } from './security-group.ts'
import { ENDPOINT_SERVICES, listVpcEndpoints, vpcEndpoint } from './vpc-endpoint.ts'

export interface RegionalNetwork {
  clients: AwsClients
  network: ChosenNetwork
}

export interface AccountWish {
  network: ChosenNetwork
  /** Where machines may be launched, too. */
  fallbacks?: readonly RegionalNetwork[]
  /** Makes the VPC endpoints, too. */
  isPrivate: boolean
  /** `owner/name`; makes the role for its workflows, too. */
  githubRepository?: string | undefined
  instanceTypes?: readonly string[] | undefined
  cognitoUserPoolId?: string | undefined
}

interface Place {
  clients: AwsClients
  /** Of other regions. */
  fallbackClients?: readonly AwsClients[]
  clock: Clock
  identity: AccountIdentity
}

/** A workflow may last an hour, and must then still be able to terminate its machine. */
const GITHUB_SESSION_SECONDS = 7200
const INSTANCE_SESSION_SECONDS = 3600

export function listWanted(place: Place, wish: AccountWish): AccountResource[] {
  const { clients, clock, identity } = place
  const { network, fallbacks = [], isPrivate, githubRepository } = wish
  const endpoints = (regional: RegionalNetwork) => (isPrivate ? listEndpoints(clock, regional) : [])
  return [
    machineGroup(clients, clock, network.vpcId),
    instanceRole(place),
    instanceProfile(clients.iam),
    ...endpoints({ clients, network }),
    ...fallbacks.flatMap((fallback) =>
      nameRegion(fallback.clients, [
        machineGroup(fallback.clients, clock, fallback.network.vpcId),
        ...endpoints(fallback),
      ]),
    ),
    ...(githubRepository ? [oidcProvider(clients.iam, identity), githubRole(place, wish, githubRepository)] : []),
  ]
}

/** Everything of ours, in whatever VPC of the regions: the order is that of making it. */
export async function listPresent(place: Place): Promise<AccountResource[]> {
  const { clients, fallbackClients = [], clock, identity } = place
  const fallbacks = fallbackClients.map(async (each) => nameRegion(each, await listRegionPresent(each, clock)))
  const wish = { network: { vpcId: '', subnets: [] }, isPrivate: false }
  return [
    instanceRole(place),
    instanceProfile(clients.iam),
    ...(await listRegionPresent(clients, clock)),
    ...(await Promise.all(fallbacks)).flat(),
    oidcProvider(clients.iam, identity),
    githubRole(place, wish, 'none/none'),
  ]
}

async function listRegionPresent(clients: AwsClients, clock: Clock): Promise<AccountResource[]> {
  const networks = (await listVpcsInUse(clients)).map((vpcId) => ({ vpcId, subnets: [] }))
  return [
    ...networks.map(({ vpcId }) => machineGroup(clients, clock, vpcId)),
    ...networks.flatMap((network) => listEndpoints(clock, { clients, network })),
  ]
}

/** With the group that they need. */
function listEndpoints(clock: Clock, { clients, network }: RegionalNetwork): AccountResource[] {
  const endpoints = ENDPOINT_SERVICES.map((service) => vpcEndpoint(clients, network, service))
  return [endpointGroup(clients, clock, network.vpcId), ...endpoints]
}

/** What is there under the same name in several regions says where. */
function nameRegion({ region }: AwsClients, resources: readonly AccountResource[]): AccountResource[] {
  return resources.map((resource) => ({ ...resource, kind: `${resource.kind} in ${region}` }))
}

function instanceRole({ clients, identity }: Place): AccountResource {
  return iamRole(clients.iam, {
    kind: 'role',
    name: DEFAULT_NAMES.instanceRole,
    description: 'Machines that Radix benchmarks',
    trust: instanceTrustPolicy(),
    inlinePolicies: { 'radix-parameters': instancePolicy(identity) },
    managedPolicyArns: [managedInstancePolicyArn(identity.partition)],
    maxSessionSeconds: INSTANCE_SESSION_SECONDS,
  })
}

function githubRole({ clients, identity }: Place, wish: AccountWish, githubRepository: string): AccountResource {
  const regional = [{ clients, network: wish.network }, ...(wish.fallbacks ?? [])]
  const policy = githubPolicy({
    ...identity,
    regions: regional.map((each) => each.clients.region),
    subnets: regional.flatMap((each) =>
      each.network.subnets.map(({ subnetId }) => ({ region: each.clients.region, subnetId })),
    ),
    instanceTypes: wish.instanceTypes ?? DEFAULT_INSTANCE_TYPES,
    instanceRoleName: DEFAULT_NAMES.instanceRole,
    instanceProfileName: DEFAULT_NAMES.instanceProfile,
    ...(wish.cognitoUserPoolId ? { cognitoUserPoolId: wish.cognitoUserPoolId } : {}),
  })
  return iamRole(clients.iam, {
    kind: 'role',
    name: DEFAULT_NAMES.githubRole,
    description: 'Workflows that benchmark with Radix',
    trust: githubTrustPolicy({ ...identity, githubRepository }),
    inlinePolicies: { 'radix-benchmark': policy },
    managedPolicyArns: [],
    maxSessionSeconds: GITHUB_SESSION_SECONDS,
  })
}

async function listVpcsInUse(clients: AwsClients): Promise<string[]> {
  const ours = { Name: `tag:${TAG.managedBy}`, Values: [MANAGED_BY] }
  const [groups, endpoints] = await Promise.all([
    listSecurityGroups(clients, { Filters: [ours] }),
    listVpcEndpoints(clients, [ours]),
  ])
  return [...new Set([...groups, ...endpoints].flatMap(({ VpcId }) => VpcId ?? []))].sort()
}
