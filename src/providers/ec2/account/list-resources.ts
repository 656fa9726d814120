/** The definition of an account as resources in AWS, in the order of creation. Removal uses the reverse order. */
import type { Clock } from '../../../core/clock.ts'
import type { AwsClients } from '../aws-clients.ts'
import { DEFAULT_NAMES, MANAGED_BY, TAG } from '../names.ts'
import { listSecurityGroups } from '../network.ts'
import type { ChosenNetwork } from './choose-network.ts'
import {
  type Choice,
  type Definition,
  defineIam,
  type IamDefinition,
  type IamScope,
  NETWORK_DEFINITIONS,
  type NetworkDefinition,
} from './definition.ts'
import { iamRole } from './iam-role.ts'
import type { AccountIdentity } from './identity.ts'
import { instanceProfile } from './instance-profile.ts'
import { oidcProvider } from './oidc-provider.ts'
import { DEFAULT_INSTANCE_TYPES, ec2Arn, githubSubjects } from './policies.ts'
import { type AccountResource, hasOurTag } from './resource.ts'
import { findGroup, securityGroup } from './security-group.ts'
import { isLiving, listVpcEndpoints, vpcEndpoint } from './vpc-endpoint.ts'

export interface RegionalNetwork {
  clients: AwsClients
  network: ChosenNetwork
}

export interface AccountSpec {
  network: ChosenNetwork
  /** Further regions where machines may be launched. */
  fallbacks?: readonly RegionalNetwork[]
  /** Also creates the VPC endpoints. */
  isPrivate: boolean
  /** `owner/name`; also creates the role for its workflows. */
  githubRepository?: string | undefined
  /** Narrow the trust of that role. */
  refs?: readonly string[] | undefined
  environments?: readonly string[] | undefined
  /** Groups for machines that were created by hand. */
  securityGroups?: readonly { region: string; groupId: string }[] | undefined
  /** The role of a profile that was created by hand. */
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

/** Resources of every account come first, the workflows' role last. */
export function listWanted(place: Place, spec: AccountSpec): AccountResource[] {
  const choices: Record<Choice, boolean> = {
    private: spec.isPrivate,
    github: spec.githubRepository !== undefined,
    cognito: spec.cognitoUserPoolId !== undefined,
  }
  const isChosen = ({ onlyFor }: Definition) => onlyFor !== undefined && choices[onlyFor]
  const inNetwork = (regional: RegionalNetwork, filter: (definition: Definition) => boolean) =>
    NETWORK_DEFINITIONS.filter(filter).flatMap((definition) => networkResources(place.clock, regional, definition))
  const isTrustNamed = spec.refs !== undefined || spec.environments !== undefined
  const inIam = (filter: (definition: Definition) => boolean) =>
    defineIam(iamScope(place, spec))
      .filter(filter)
      .map((definition) => iamResource(place, definition, isTrustNamed))
  const home = { clients: place.clients, network: spec.network }
  return [
    ...inNetwork(home, isForAll),
    ...inIam(isForAll),
    ...inNetwork(home, isChosen),
    ...(spec.fallbacks ?? []).flatMap((fallback) =>
      nameRegion(fallback.clients, [...inNetwork(fallback, isForAll), ...inNetwork(fallback, isChosen)]),
    ),
    ...inIam(isChosen),
  ]
}

/** Everything created by Radix, in any VPC of the regions, under earlier names too. */
export async function listPresent(place: Place): Promise<AccountResource[]> {
  const { clients, fallbackClients = [], clock, identity } = place
  const nothing = { ...identity, subjects: [], regions: [], subnetArns: [], instanceTypes: [] }
  const iam = defineIam(nothing).flatMap(withEarlierName)
  const toResource = (definition: IamDefinition) => iamResource(place, definition, false)
  const fallbacks = fallbackClients.map(async (each) => nameRegion(each, await listRegionPresent(each, clock)))
  return [
    ...iam.filter(isForAll).map(toResource),
    ...(await listRegionPresent(clients, clock)),
    ...(await Promise.all(fallbacks)).flat(),
    ...iam.filter((definition) => !isForAll(definition)).map(toResource),
  ]
}

async function listRegionPresent(clients: AwsClients, clock: Clock): Promise<AccountResource[]> {
  const vpcIds = new Set((await listNetworkOfOurs(clients)).map(({ vpcId }) => vpcId))
  return [...vpcIds]
    .sort()
    .flatMap((vpcId) =>
      NETWORK_DEFINITIONS.flatMap(withEarlierName).flatMap((definition) =>
        networkResources(clock, { clients, network: { vpcId, subnets: [] } }, definition),
      ),
    )
}

function isForAll({ onlyFor }: Definition): boolean {
  return onlyFor === undefined
}

function withEarlierName<D extends Definition>(definition: D): D[] {
  if (!('earlierName' in definition) || definition.earlierName === undefined) return [definition]
  return [{ ...definition, name: definition.earlierName }, definition]
}

function networkResources(
  clock: Clock,
  { clients, network }: RegionalNetwork,
  definition: NetworkDefinition,
): AccountResource[] {
  if (definition.kind === 'security group') return [securityGroup(clients, clock, network.vpcId, definition)]
  return definition.services.map((service) => vpcEndpoint(clients, network, definition, service))
}

function iamResource(
  { clients: { iam }, identity }: Place,
  definition: IamDefinition,
  isTrustNamed: boolean,
): AccountResource {
  if (definition.kind === 'role') return iamRole(iam, definition, isTrustNamed)
  if (definition.kind === 'instance profile') return instanceProfile(iam, definition)
  return oidcProvider(iam, identity, definition)
}

function iamScope({ clients, identity }: Place, spec: AccountSpec): IamScope {
  const { githubRepository, refs, environments, instanceRoleName, cognitoUserPoolId, securityGroups = [] } = spec
  const regional = [{ clients, network: spec.network }, ...(spec.fallbacks ?? [])]
  const arn = ec2Arn(identity)
  return {
    ...identity,
    subjects: githubRepository === undefined ? [] : githubSubjects({ githubRepository, refs, environments }),
    regions: regional.map((each) => each.clients.region),
    subnetArns: regional.flatMap((each) =>
      each.network.subnets.map(({ subnetId }) => arn(`subnet/${subnetId}`, each.clients.region)),
    ),
    instanceTypes: spec.instanceTypes ?? DEFAULT_INSTANCE_TYPES,
    securityGroupArns: securityGroups.map(({ region, groupId }) => arn(`security-group/${groupId}`, region)),
    ...(instanceRoleName === undefined ? {} : { instanceRoleName }),
    ...(cognitoUserPoolId === undefined
      ? {}
      : { userPool: { id: cognitoUserPoolId, region: cognitoUserPoolId.split('_')[0] ?? '' } }),
  }
}

/** A resource that exists in several regions under one name shows its region. */
function nameRegion({ region }: AwsClients, resources: readonly AccountResource[]): AccountResource[] {
  return resources.map((resource) => ({ ...resource, kind: `${resource.kind} in ${region}` }))
}

/** The region's security groups and VPC endpoints with Radix's tag. */
export async function listNetworkOfOurs(clients: AwsClients): Promise<{ id: string; vpcId: string }[]> {
  const ours = { Name: `tag:${TAG.managedBy}`, Values: [MANAGED_BY] }
  const [groups, endpoints] = await Promise.all([
    listSecurityGroups(clients, { Filters: [ours] }),
    listVpcEndpoints(clients, [ours]),
  ])
  return [
    ...groups.map(({ GroupId = '', VpcId = '' }) => ({ id: GroupId, vpcId: VpcId })),
    ...endpoints.filter(isLiving).map(({ VpcEndpointId = '', VpcId = '' }) => ({ id: VpcEndpointId, vpcId: VpcId })),
  ]
}

/** Groups with the name that machines look for, but without Radix's tag. The role must name each of them. */
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
