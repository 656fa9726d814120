/** Security groups: exactly the rules that are wanted, and no others. */

import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  type IpPermission,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  type SecurityGroup,
} from '@aws-sdk/client-ec2'
import type { Clock } from '../../../core/clock.ts'
import { EC2_LIMITS } from '../../../core/limits/ec2.ts'
import { INTERVALS } from '../../../core/limits/intervals.ts'
import { RadixError } from '../../../errors/radix-error.ts'
import type { AwsClients } from '../aws-clients.ts'
import { awsCodeOf } from '../ec2-errors.ts'
import { DEFAULT_NAMES } from '../names.ts'
import { letsHttpsOut, listSecurityGroups } from '../network.ts'
import { type AccountResource, type Difference, hasOurTag, ourTags } from './resource.ts'
import { flattenRules } from './security-group-rules.ts'

export interface SecurityGroupSpec {
  name: string
  vpcId: string
  description: string
  inbound(): Promise<IpPermission[]>
  outbound: IpPermission[]
  /** What a group of that name must do that was made by hand; absent: it is not used. */
  suits?(group: SecurityGroup): boolean
}

const HTTPS = { IpProtocol: 'tcp', FromPort: 443, ToPort: 443 } as const
const RELEASE_POLL_MS = INTERVALS.securityGroupRelease.value

/** For the machines: no way in, and HTTPS out. One that was made by hand, as the specification does, is used as it is. */
export function machineGroup(
  clients: AwsClients,
  clock: Clock,
  vpcId: string,
  name: string = DEFAULT_NAMES.securityGroup,
): AccountResource {
  return securityGroup(clients, clock, {
    name,
    suits: letsHttpsOut,
    vpcId,
    description: 'Machines that Radix benchmarks: no way in, HTTPS out',
    inbound: async () => [],
    outbound: [{ ...HTTPS, IpRanges: [{ CidrIp: '0.0.0.0/0', Description: 'Control plane, SSM, image registries' }] }],
  })
}

/** For the VPC endpoints: the machines get in, by HTTPS. */
export function endpointGroup(clients: AwsClients, clock: Clock, vpcId: string): AccountResource {
  return securityGroup(clients, clock, {
    name: DEFAULT_NAMES.endpointSecurityGroup,
    vpcId,
    description: 'VPC endpoints for the machines that Radix benchmarks',
    async inbound() {
      const machines = await findGroup(clients, vpcId, DEFAULT_NAMES.securityGroup)
      const pair = { GroupId: machines?.GroupId, Description: 'Machines of Radix' }
      return machines ? [{ ...HTTPS, UserIdGroupPairs: [pair] }] : []
    },
    outbound: [],
  })
}

export async function findGroup(clients: AwsClients, vpcId: string, name: string): Promise<SecurityGroup | undefined> {
  const filters = [
    { Name: 'vpc-id', Values: [vpcId] },
    { Name: 'group-name', Values: [name] },
  ]
  const [group] = await listSecurityGroups(clients, { Filters: filters })
  return group
}

function securityGroup(clients: AwsClients, clock: Clock, spec: SecurityGroupSpec): AccountResource {
  const { name, vpcId, description } = spec
  return {
    kind: 'security group',
    name,
    canBeShared: spec.suits !== undefined,

    async find() {
      const group = await findGroup(clients, vpcId, name)
      if (!group) return undefined
      const isOurs = hasOurTag(group.Tags)
      const isFit = !isOurs && (spec.suits?.(group) ?? false)
      const differences = isFit ? [] : await compareRules(clients, group, spec)
      return { id: group.GroupId ?? '', isOurs, differences }
    },

    async create() {
      await clients.ec2.send(
        new CreateSecurityGroupCommand({
          GroupName: name,
          VpcId: vpcId,
          Description: description,
          TagSpecifications: [{ ResourceType: 'security-group', Tags: ourTags(name) }],
        }),
      )
    },

    async remove() {
      const group = await findGroup(clients, vpcId, name)
      if (group?.GroupId) await deleteGroup(clients, clock, name, group.GroupId)
    },
  }
}

async function compareRules(
  { ec2 }: AwsClients,
  { GroupId, IpPermissions = [], IpPermissionsEgress = [] }: SecurityGroup,
  spec: SecurityGroupSpec,
): Promise<Difference[]> {
  const inbound = compare(IpPermissions, await spec.inbound())
  const outbound = compare(IpPermissionsEgress, spec.outbound)
  const rule = (IpPermissions: IpPermission) => ({ GroupId, IpPermissions: [IpPermissions] })
  return [
    ...inbound.excess.map(({ text, permission }) => ({
      what: `lets in ${text}`,
      correct: () => ec2.send(new RevokeSecurityGroupIngressCommand(rule(permission))),
    })),
    ...inbound.missing.map(({ text, permission }) => ({
      what: `does not let in ${text}`,
      correct: () => ec2.send(new AuthorizeSecurityGroupIngressCommand(rule(permission))),
    })),
    ...outbound.excess.map(({ text, permission }) => ({
      what: `lets out ${text}`,
      correct: () => ec2.send(new RevokeSecurityGroupEgressCommand(rule(permission))),
    })),
    ...outbound.missing.map(({ text, permission }) => ({
      what: `does not let out ${text}`,
      correct: () => ec2.send(new AuthorizeSecurityGroupEgressCommand(rule(permission))),
    })),
  ]
}

function compare(present: readonly IpPermission[], wanted: readonly IpPermission[]) {
  const [presentRules, wantedRules] = [flattenRules(present), flattenRules(wanted)]
  return {
    excess: presentRules.filter(({ text }) => !wantedRules.some((rule) => rule.text === text)),
    missing: wantedRules.filter(({ text }) => !presentRules.some((rule) => rule.text === text)),
  }
}

async function deleteGroup({ ec2 }: AwsClients, clock: Clock, name: string, groupId: string): Promise<void> {
  const startedMs = clock.monotonicMs()
  for (;;) {
    try {
      await ec2.send(new DeleteSecurityGroupCommand({ GroupId: groupId }))
      return
    } catch (error) {
      if (awsCodeOf(error).startsWith('InvalidGroup.NotFound')) return
      if (awsCodeOf(error) !== 'DependencyViolation') throw error
      if (clock.monotonicMs() - startedMs > EC2_LIMITS.groupRelease.value) throw groupInUse(name, groupId, error)
      await clock.sleep(RELEASE_POLL_MS)
    }
  }
}

function groupInUse(name: string, groupId: string, cause: unknown): RadixError {
  const resource = `Security group ${name} (${groupId})`
  const remedy = `See what uses it: \`aws ec2 describe-network-interfaces --filters Name=group-id,Values=${groupId}\`; then run \`radix aws destroy\` again.`
  return new RadixError('AWS_RESOURCE_IN_USE', { resource, reason: 'it is attached to something.', remedy }, { cause })
}
