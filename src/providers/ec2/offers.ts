/** Which instance types exist in which zones. */
import { DescribeInstanceTypeOfferingsCommand } from '@aws-sdk/client-ec2'
import type { AwsClients } from './aws-clients.ts'

export async function readOffers(
  { ec2 }: AwsClients,
  instanceTypes: readonly string[],
): Promise<(instanceType: string, zone: string) => boolean> {
  const offered = new Set<string>()
  let token: string | undefined
  do {
    const { InstanceTypeOfferings = [], NextToken } = await ec2.send(
      new DescribeInstanceTypeOfferingsCommand({
        LocationType: 'availability-zone',
        Filters: [{ Name: 'instance-type', Values: [...instanceTypes] }],
        NextToken: token,
      }),
    )
    for (const { InstanceType, Location } of InstanceTypeOfferings) offered.add(`${InstanceType} ${Location}`)
    token = NextToken
  } while (token)
  return (instanceType, zone) => offered.has(`${instanceType} ${zone}`)
}
