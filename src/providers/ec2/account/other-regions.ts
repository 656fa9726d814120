/**
 * Finds what `radix aws init` created in regions that `radix aws destroy` was not given. An endpoint there keeps
 * costing money.
 */
import { DescribeRegionsCommand } from '@aws-sdk/client-ec2'
import { EC2_LIMITS } from '../../../core/limits/ec2.ts'
import { ABSENT, found, type Lookup } from '../../../core/lookup.ts'
import { within } from '../../../core/within.ts'
import type { AwsClients } from '../aws-clients.ts'
import { AwsCallTimedOut } from '../call-limits.ts'
import { lookUp } from '../look-up.ts'
import { createAccountClients } from './account-clients.ts'
import { listNetworkOfOurs } from './list-resources.ts'

export interface RegionLook {
  region: string
  /** Ids of security groups and VPC endpoints. */
  ids: Lookup<string[]>
}

/** Every region that the account may use, except the named ones. `unknown` if AWS does not list them. */
export function lookInOtherRegions(clients: AwsClients, named: readonly string[]): Promise<Lookup<RegionLook[]>> {
  return lookUp(async () => {
    const { Regions = [] } = await clients.ec2.send(new DescribeRegionsCommand({}))
    const others = Regions.flatMap(({ RegionName }) => RegionName ?? []).filter((region) => !named.includes(region))
    const looks = others.sort().map(async (region) => ({ region, ids: await lookIn(clients, region) }))
    return found(await Promise.all(looks))
  })
}

function lookIn(clients: AwsClients, region: string): Promise<Lookup<string[]>> {
  const limitMs = EC2_LIMITS.region.value
  return lookUp(async () => {
    // With the same credentials, so that they are asked for once.
    const regional = createAccountClients(region, { credentials: clients.ec2.config.credentials })
    const work = listNetworkOfOurs(regional)
    const things = await within(limitMs, work, () => new AwsCallTimedOut(`the lists of ${region}`, limitMs))
    return things.length === 0 ? ABSENT : found(things.map(({ id }) => id))
  })
}
