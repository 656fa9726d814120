/** Which instance types exist in which zones. */
import { paginateDescribeInstanceTypeOfferings } from '@aws-sdk/client-ec2'
import type { AwsClients } from './aws-clients.ts'
import { listAll } from './list-all.ts'

export async function readOffers(
  { ec2 }: AwsClients,
  instanceTypes: readonly string[],
): Promise<(instanceType: string, zone: string) => boolean> {
  const request = {
    LocationType: 'availability-zone' as const,
    Filters: [{ Name: 'instance-type', Values: [...instanceTypes] }],
  }
  const pages = paginateDescribeInstanceTypeOfferings({ client: ec2 }, request)
  const offerings = await listAll(pages, (page) => page.InstanceTypeOfferings)
  const offered = new Set(offerings.map(({ InstanceType, Location }) => `${InstanceType} ${Location}`))
  return (instanceType, zone) => offered.has(`${instanceType} ${zone}`)
}
