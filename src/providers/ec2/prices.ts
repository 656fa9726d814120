/**
 * What an hour costs: on-demand from the Price List API, spot from the price history, and a dated table for where the API
 * cannot be asked. US dollars, Linux, shared tenancy.
 */
import { DescribeSpotPriceHistoryCommand } from '@aws-sdk/client-ec2'
import { GetProductsCommand } from '@aws-sdk/client-pricing'
import { z } from 'zod'
import type { Placement, Quote } from '../provider.ts'
import type { AwsClients } from './aws-clients.ts'

/** From the user's specification; https://aws.amazon.com/ec2/pricing/on-demand/ for us-west-2. */
const TABLE_DATE = '2024'
const TABLE_REGION = 'us-west-2'
const TABLE_USD_PER_HOUR: Readonly<Record<string, number>> = {
  'g4dn.xlarge': 0.526,
  'g4dn.2xlarge': 0.752,
  'g5.xlarge': 1.006,
  'g5.2xlarge': 1.212,
  'g5.4xlarge': 1.624,
}

/** Null when no price is known. Never throws: a price is not worth a run. */
export async function quotePlacement(clients: AwsClients, placement: Placement, now: Date): Promise<Quote | null> {
  const { instanceType, zone, market } = placement
  if (!instanceType) return null
  const asked = market === 'spot' ? askSpot(clients, instanceType, zone, now) : askPriceList(clients, instanceType, now)
  const answer = await asked.catch(() => null)
  return answer ?? fromTable(clients.region, instanceType, market)
}

function fromTable(region: string, instanceType: string, market: Placement['market']): Quote | null {
  const price = TABLE_USD_PER_HOUR[instanceType]
  if (price === undefined) return null
  const where = region === TABLE_REGION ? '' : ` for ${TABLE_REGION}`
  const what = market === 'spot' ? 'on-demand price, which spot does not exceed' : 'on-demand price'
  return { pricePerHourUsd: price, source: `${what} of ${TABLE_DATE}${where}, shipped with Radix` }
}

const PriceListEntry = z.object({
  terms: z.object({
    OnDemand: z.record(
      z.string(),
      z.object({
        effectiveDate: z.string().optional(),
        priceDimensions: z.record(
          z.string(),
          z.object({ unit: z.string(), pricePerUnit: z.object({ USD: z.string().optional() }) }),
        ),
      }),
    ),
  }),
})

async function askPriceList({ pricing, region }: AwsClients, instanceType: string, now: Date): Promise<Quote | null> {
  const filter = (Field: string, Value: string) => ({ Type: 'TERM_MATCH' as const, Field, Value })
  const { PriceList = [] } = await pricing.send(
    new GetProductsCommand({
      ServiceCode: 'AmazonEC2',
      Filters: [
        filter('instanceType', instanceType),
        filter('regionCode', region),
        filter('operatingSystem', 'Linux'),
        filter('tenancy', 'Shared'),
        filter('preInstalledSw', 'NA'),
        filter('capacitystatus', 'Used'),
      ],
    }),
  )
  for (const product of PriceList) {
    const entry = PriceListEntry.safeParse(typeof product === 'string' ? JSON.parse(product) : product)
    const dimensions = Object.values(entry.data?.terms.OnDemand ?? {}).flatMap((term) =>
      Object.values(term.priceDimensions),
    )
    const price = dimensions.map(({ pricePerUnit }) => Number(pricePerUnit.USD)).find((usd) => usd > 0)
    if (price) return { pricePerHourUsd: price, source: `AWS Price List, ${now.toISOString().slice(0, 10)}` }
  }
  return null
}

async function askSpot(
  { ec2 }: AwsClients,
  instanceType: string,
  zone: string | null,
  now: Date,
): Promise<Quote | null> {
  const { SpotPriceHistory = [] } = await ec2.send(
    new DescribeSpotPriceHistoryCommand({
      InstanceTypes: [instanceType as never],
      ProductDescriptions: ['Linux/UNIX'],
      StartTime: now,
      ...(zone ? { AvailabilityZone: zone } : {}),
    }),
  )
  const newest = SpotPriceHistory[0]
  const price = Number(newest?.SpotPrice)
  if (!(price > 0)) return null
  return { pricePerHourUsd: price, source: `spot price, ${newest?.Timestamp?.toISOString() ?? now.toISOString()}` }
}
