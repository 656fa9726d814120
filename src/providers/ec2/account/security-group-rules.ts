/**
 * Splits the rules of security groups so that they can be compared: EC2 merges the rules of one port into one
 * permission.
 */
import type { IpPermission } from '@aws-sdk/client-ec2'

export interface Rule {
  /** Ports and peer, e.g. `tcp 443 (0.0.0.0/0)`. Equal rules have equal texts. */
  text: string
  /** For the calls that add or remove it. */
  permission: IpPermission
}

export function flattenRules(permissions: readonly IpPermission[]): Rule[] {
  return permissions.flatMap((permission) => {
    const { IpRanges = [], Ipv6Ranges = [], PrefixListIds = [], UserIdGroupPairs = [], ...ports } = permission
    const rule = (peer: string, part: IpPermission): Rule => ({
      text: `${describePorts(ports)} (${peer})`,
      permission: { ...ports, ...part },
    })
    return [
      ...IpRanges.map((range) => rule(range.CidrIp ?? '', { IpRanges: [range] })),
      ...Ipv6Ranges.map((range) => rule(range.CidrIpv6 ?? '', { Ipv6Ranges: [range] })),
      ...PrefixListIds.map((list) => rule(list.PrefixListId ?? '', { PrefixListIds: [list] })),
      ...UserIdGroupPairs.map((pair) => rule(pair.GroupId ?? '', { UserIdGroupPairs: [pair] })),
    ]
  })
}

function describePorts({ IpProtocol, FromPort, ToPort }: IpPermission): string {
  if (IpProtocol === '-1') return 'everything'
  const ports = FromPort === ToPort ? FromPort : `${FromPort}-${ToPort}`
  return `${IpProtocol} ${ports ?? 'all ports'}`
}
