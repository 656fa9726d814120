/** What an account is to have, in the order in which it is made; it is taken back in the opposite order. */
import type { Clock } from '../../../core/clock.ts'
import type { AwsClients } from '../aws-clients.ts'
import { DEFAULT_NAMES, EARLIER_NAMES, MANAGED_BY, TAG } from '../names.ts'
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
import { type AccountResource, hasOurTag } from './resource.ts'
import { endpointGroup, findGroup, machineGroup } from './security-group.ts'
import { ENDPOINT_SERVICES, listVpcEndpoints, vpcEndpoint } from './vpc-endpoint.ts'

export interface RegionalNetwork {
  clients: AwsClients
  network: ChosenNetwork
}

export interface AccountSpec {
  network: ChosenNetwork
  /** Where machines may be launched, too. */
  fallbacks?: readonly RegionalNetwork[]
  /** Makes the VPC endpoints, too. */
  isPrivate: boolean
  /** `owner/name`; makes the role for its workflows, too. */
  githubRepository?: string | undefined
  /** Narrow the trust of that role. */
  refs?: readonly string[] | undefined
  environments?: readonly string[] | undefined
  /** Groups for machines that were made by hand. */
  securityGroups?: readonly { region: string; groupId: string }[] | undefined
  /** The role that a profile made by hand gives to machines. */
  instanceRoleName?: string | undefined
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

export function listWanted(place: Place, spec: AccountSpec): AccountResource[] {
  const { clients, clock, identity } = place
  const { network, fallbacks = [], isPrivate, githubRepository } = spec
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
    ...(githubRepository ? [oidcProvider(clients.iam, identity), githubRole(place, spec, githubRepository)] : []),
  ]
}

/** Everything of ours, in whatever VPC of the regions: the order is that of making it. */
export async function listPresent(place: Place): Promise<AccountResource[]> {
  const { clients, fallbackClients = [], clock, identity } = place
  const fallbacks = fallbackClients.map(async (each) => nameRegion(each, await listRegionPresent(each, clock)))
  const spec = { network: { vpcId: '', subnets: [] }, isPrivate: false }
  return [
    instanceRole(place, EARLIER_NAMES.instanceRole),
    instanceRole(place),
    instanceProfile(clients.iam),
    ...(await listRegionPresent(clients, clock)),
    ...(await Promise.all(fallbacks)).flat(),
    oidcProvider(clients.iam, identity),
    githubRole(place, spec, 'none/none'),
  ]
}

async function listRegionPresent(clients: AwsClients, clock: Clock): Promise<AccountResource[]> {
  const networks = (await listVpcsInUse(clients)).map((vpcId) => ({ vpcId, subnets: [] }))
  return [
    ...networks.flatMap(({ vpcId }) => [
      machineGroup(clients, clock, vpcId, EARLIER_NAMES.securityGroup),
      machineGroup(clients, clock, vpcId),
    ]),
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

function instanceRole({ clients, identity }: Place, name: string = DEFAULT_NAMES.instanceRole): AccountResource {
  return iamRole(clients.iam, {
    kind: 'role',
    name,
    description: 'Machines that Radix benchmarks',
    trust: instanceTrustPolicy(),
    inlinePolicies: { 'radix-parameters': instancePolicy(identity) },
    managedPolicyArns: [managedInstancePolicyArn(identity.partition)],
    maxSessionSeconds: INSTANCE_SESSION_SECONDS,
    canBeShared: true,
  })
}

function githubRole({ clients, identity }: Place, spec: AccountSpec, githubRepository: string): AccountResource {
  const regional = [{ clients, network: spec.network }, ...(spec.fallbacks ?? [])]
  const narrowed = {
    ...(spec.refs ? { refs: spec.refs } : {}),
    ...(spec.environments ? { environments: spec.environments } : {}),
  }
  const policy = githubPolicy({
    ...identity,
    regions: regional.map((each) => each.clients.region),
    subnets: regional.flatMap((each) =>
      each.network.subnets.map(({ subnetId }) => ({ region: each.clients.region, subnetId })),
    ),
    instanceTypes: spec.instanceTypes ?? DEFAULT_INSTANCE_TYPES,
    instanceRoleName: spec.instanceRoleName ?? DEFAULT_NAMES.instanceRole,
    instanceProfileName: DEFAULT_NAMES.instanceProfile,
    ...(spec.securityGroups ? { securityGroups: spec.securityGroups } : {}),
    ...(spec.cognitoUserPoolId ? { cognitoUserPoolId: spec.cognitoUserPoolId } : {}),
  })
  return iamRole(clients.iam, {
    kind: 'role',
    name: DEFAULT_NAMES.githubRole,
    description: 'Workflows that benchmark with Radix',
    trust: githubTrustPolicy({ ...identity, githubRepository, ...narrowed }),
    isTrustNamed: Object.keys(narrowed).length > 0,
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

/** Groups of the name that machines look for and without our tag: the role has to name each of them. */
export async function listHandMadeGroups(
  places: readonly RegionalNetwork[],
): Promise<{ region: string; groupId: string }[]> {
  const groups = await Promise.all(
    places.map(async ({ clients, network }) => {
      const group = await findGroup(clients, network.vpcId, DEFAULT_NAMES.securityGroup)
      if (!group?.GroupId || hasOurTag(group.Tags)) return []
      return [{ region: clients.region, groupId: group.GroupId }]
    }),
  )
  return groups.flat()
}
