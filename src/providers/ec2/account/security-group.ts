/** Security groups with exactly the wanted rules. */

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
import { letsHttpsOut, listSecurityGroups } from '../network.ts'
import type { RuleDefinition, SecurityGroupDefinition } from './definition.ts'
import { type AccountResource, type Difference, hasOurTag, ourTags } from './resource.ts'
import { flattenRules } from './security-group-rules.ts'

const RELEASE_POLL_MS = INTERVALS.securityGroupRelease.value

export async function findGroup(clients: AwsClients, vpcId: string, name: string): Promise<SecurityGroup | undefined> {
  const filters = [
    { Name: 'vpc-id', Values: [vpcId] },
    { Name: 'group-name', Values: [name] },
  ]
  const [group] = await listSecurityGroups(clients, { Filters: filters })
  return group
}

export function securityGroup(
  clients: AwsClients,
  clock: Clock,
  vpcId: string,
  definition: SecurityGroupDefinition,
): AccountResource {
  const { kind, name, description, mayBeForeign } = definition
  return {
    kind,
    name,
    mayBeForeign,

    async find() {
      const group = await findGroup(clients, vpcId, name)
      if (!group) return undefined
      const isOurs = hasOurTag(group.Tags)
      // A group that was created by hand, as in the specification, is used unchanged.
      const isFit = !isOurs && mayBeForeign && letsHttpsOut(group)
      const differences = isFit ? [] : await compareRules(clients, group, definition)
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
  clients: AwsClients,
  { GroupId, VpcId = '', IpPermissions = [], IpPermissionsEgress = [] }: SecurityGroup,
  definition: SecurityGroupDefinition,
): Promise<Difference[]> {
  const { ec2 } = clients
  const inbound = compare(IpPermissions, await toPermissions(clients, VpcId, definition.inbound))
  const outbound = compare(IpPermissionsEgress, await toPermissions(clients, VpcId, definition.outbound))
  const rule = (IpPermissions: IpPermission) => ({ GroupId, IpPermissions: [IpPermissions] })
  return [
    ...inbound.excess.map(({ text, permission }) => ({
      what: `allows inbound ${text}`,
      correct: () => ec2.send(new RevokeSecurityGroupIngressCommand(rule(permission))),
    })),
    ...inbound.missing.map(({ text, permission }) => ({
      what: `does not allow inbound ${text}`,
      correct: () => ec2.send(new AuthorizeSecurityGroupIngressCommand(rule(permission))),
    })),
    ...outbound.excess.map(({ text, permission }) => ({
      what: `allows outbound ${text}`,
      correct: () => ec2.send(new RevokeSecurityGroupEgressCommand(rule(permission))),
    })),
    ...outbound.missing.map(({ text, permission }) => ({
      what: `does not allow outbound ${text}`,
      correct: () => ec2.send(new AuthorizeSecurityGroupEgressCommand(rule(permission))),
    })),
  ]
}

/** Without the rules for a group that does not exist yet. */
async function toPermissions(
  clients: AwsClients,
  vpcId: string,
  rules: readonly RuleDefinition[],
): Promise<IpPermission[]> {
  const permissions: IpPermission[] = []
  for (const { protocol, port, peer, description: Description } of rules) {
    const ports = { IpProtocol: protocol, FromPort: port, ToPort: port }
    if ('cidr' in peer) {
      permissions.push({ ...ports, IpRanges: [{ CidrIp: peer.cidr, Description }] })
      continue
    }
    const GroupId = (await findGroup(clients, vpcId, peer.group))?.GroupId
    if (GroupId) permissions.push({ ...ports, UserIdGroupPairs: [{ GroupId, Description }] })
  }
  return permissions
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
  return new RadixError('AWS_RESOURCE_IN_USE', { resource, reason: 'it is still attached.', remedy }, { cause })
}
