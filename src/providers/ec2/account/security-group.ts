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
import { RadixError } from '../../../errors/radix-error.ts'
import type { AwsClients } from '../aws-clients.ts'
import { awsCodeOf } from '../ec2-errors.ts'
import { DEFAULT_NAMES } from '../names.ts'
import { listSecurityGroups } from '../network.ts'
import { type AccountResource, type Difference, hasOurTag, ourTags } from './resource.ts'
import { flattenRules } from './security-group-rules.ts'

export interface SecurityGroupWish {
  name: string
  vpcId: string
  description: string
  inbound(): Promise<IpPermission[]>
  outbound: IpPermission[]
}

const HTTPS = { IpProtocol: 'tcp', FromPort: 443, ToPort: 443 } as const
const RELEASE_POLL_MS = 3000

/** For the machines: nobody gets in, and out goes HTTPS alone. */
export function machineGroup(clients: AwsClients, clock: Clock, vpcId: string): AccountResource {
  return securityGroup(clients, clock, {
    name: DEFAULT_NAMES.securityGroup,
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

function securityGroup(clients: AwsClients, clock: Clock, wish: SecurityGroupWish): AccountResource {
  const { name, vpcId, description } = wish
  return {
    kind: 'security group',
    name,

    async find() {
      const group = await findGroup(clients, vpcId, name)
      if (!group) return undefined
      const differences = await compareRules(clients, group, wish)
      return { id: group.GroupId ?? '', isOurs: hasOurTag(group.Tags), differences }
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
  wish: SecurityGroupWish,
): Promise<Difference[]> {
  const inbound = compare(IpPermissions, await wish.inbound())
  const outbound = compare(IpPermissionsEgress, wish.outbound)
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
