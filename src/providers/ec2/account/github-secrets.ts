/** What a repository needs to know about the account: the specification's secrets, by their names. */
import type { AwsClients } from '../aws-clients.ts'
import { findImage } from '../image.ts'
import { DEFAULT_NAMES } from '../names.ts'
import type { ChosenNetwork } from './choose-network.ts'
import type { AccountIdentity } from './identity.ts'
import { findGroup } from './security-group.ts'

export interface Secret {
  name: string
  value: string
}

/** As far as they are known: a group that does not exist yet has no id. */
export async function listSecrets(
  clients: AwsClients,
  { partition, accountId }: AccountIdentity,
  network: ChosenNetwork,
  hasGithubRole: boolean,
  fallbackRegions: readonly string[],
): Promise<Secret[]> {
  const group = await findGroup(clients, network.vpcId, DEFAULT_NAMES.securityGroup)
  const roleArn = `arn:${partition}:iam::${accountId}:role/${DEFAULT_NAMES.githubRole}`
  return [
    { name: 'BENCH_SUBNET_ID', value: network.subnets.map(({ subnetId }) => subnetId).join(',') },
    ...(group?.GroupId ? [{ name: 'BENCH_SECURITY_GROUP_ID', value: group.GroupId }] : []),
    { name: 'BENCH_INSTANCE_PROFILE_NAME', value: DEFAULT_NAMES.instanceProfile },
    ...(fallbackRegions.length > 0 ? [{ name: 'BENCH_FALLBACK_REGIONS', value: fallbackRegions.join(',') }] : []),
    ...(hasGithubRole ? [{ name: 'AWS_ROLE_TO_ASSUME_ARN', value: roleArn }] : []),
  ]
}

/** The image that a run uses without BENCH_AMI_ID. Undefined if none is found. */
export async function findNewestImage(
  clients: AwsClients,
  now: Date,
): Promise<{ imageId: string; name: string } | undefined> {
  // Only a hint: a run reports the same problem itself.
  return await findImage(clients, {}, now).catch(() => undefined)
}
