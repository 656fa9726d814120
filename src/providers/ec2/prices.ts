/**
 * The hourly price: on-demand from the Price List API, spot from the price history, and a dated table if the API is
 * unavailable. US dollars, Linux, shared tenancy.
 */
import { paginateDescribeSpotPriceHistory, type SpotPrice } from '@aws-sdk/client-ec2'
import { paginateGetProducts } from '@aws-sdk/client-pricing'
import { z } from 'zod'
import { EC2_LIMITS } from '../../core/limits/ec2.ts'
import { tryParseOutsideJson } from '../../core/outside-json.ts'
import type { Placement, Quote } from '../provider.ts'
import type { AwsClients } from './aws-clients.ts'
import { findInPages, listAll } from './list-all.ts'

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

/** Null if no price is known. Never throws: a missing price must not fail a run. */
export async function quotePlacement(clients: AwsClients, placement: Placement, now: Date): Promise<Quote | null> {
  const { instanceType, zone, market } = placement
  if (!instanceType) return null
  if (market === 'capacity-block') return { pricePerHourUsd: 0, source: 'Capacity Block, paid in advance' }
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
  const Filters = [
    filter('instanceType', instanceType),
    filter('regionCode', region),
    filter('operatingSystem', 'Linux'),
    filter('tenancy', 'Shared'),
    filter('preInstalledSw', 'NA'),
    filter('capacitystatus', 'Used'),
  ]
  const pages = paginateGetProducts({ client: pricing }, { ServiceCode: 'AmazonEC2', Filters })
  const price = await findInPages(pages, (page) => page.PriceList, readPrice)
  if (price === undefined) return null
  return { pricePerHourUsd: price, source: `AWS Price List, ${now.toISOString().slice(0, 10)}` }
}

/** The SDK returns a string object, not a string. */
function readPrice(product: object | string): number | undefined {
  const entry = tryParseOutsideJson(String(product), PriceListEntry, { maxCharacters: EC2_LIMITS.priceEntry.value })
  const terms = Object.values(entry?.terms.OnDemand ?? {})
  const prices = terms.flatMap(({ priceDimensions }) =>
    Object.values(priceDimensions).map(({ pricePerUnit }) => Number(pricePerUnit.USD)),
  )
  return prices.find((usd) => usd > 0)
}

async function askSpot(
  { ec2 }: AwsClients,
  instanceType: string,
  zone: string | null,
  now: Date,
): Promise<Quote | null> {
  const request = {
    InstanceTypes: [instanceType as never],
    ProductDescriptions: ['Linux/UNIX'],
    StartTime: now,
    ...(zone ? { AvailabilityZone: zone } : {}),
  }
  const pages = paginateDescribeSpotPriceHistory({ client: ec2 }, request)
  const history = await listAll(pages, (page) => page.SpotPriceHistory)
  const timeOf = (entry: SpotPrice) => entry.Timestamp?.getTime() ?? 0
  const [newest] = history.sort((a, b) => timeOf(b) - timeOf(a))
  const price = Number(newest?.SpotPrice)
  if (!(price > 0)) return null
  return { pricePerHourUsd: price, source: `spot price, ${newest?.Timestamp?.toISOString() ?? now.toISOString()}` }
}
