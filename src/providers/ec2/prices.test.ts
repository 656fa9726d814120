import { describe, expect, it, vi } from 'vitest'
import type { Placement } from '../provider.ts'
import { type AwsClients, createAwsClients } from './aws-clients.ts'
import { quotePlacement } from './prices.ts'

const now = new Date('2026-03-02T09:00:00Z')
const g5: Placement = { region: 'us-west-2', zone: 'us-west-2a', instanceType: 'g5.2xlarge', market: 'on-demand' }

/** A shortened product of the Price List API. */
const PRODUCT = JSON.stringify({
  product: { attributes: { instanceType: 'g5.2xlarge' } },
  terms: {
    OnDemand: {
      'A.B': {
        effectiveDate: '2026-03-01',
        priceDimensions: { 'A.B.C': { unit: 'Hrs', pricePerUnit: { USD: '1.2500' } } },
      },
    },
  },
})

/** The SDK's own clients, with stand-in answers of AWS. */
function clients(answers: { pricing?: unknown; ec2?: unknown }): AwsClients {
  const made = createAwsClients('us-west-2')
  const answering = (answer: unknown) => async () => {
    if (answer === undefined) throw new Error('no answer')
    return answer
  }
  vi.spyOn(made.pricing, 'send').mockImplementation(answering(answers.pricing))
  vi.spyOn(made.ec2, 'send').mockImplementation(answering(answers.ec2))
  return made
}

describe('the price of an hour', () => {
  it('comes from the Price List', async () => {
    const quote = await quotePlacement(clients({ pricing: { PriceList: [PRODUCT] } }), g5, now)
    expect(quote).toEqual({ pricePerHourUsd: 1.25, source: 'AWS Price List, 2026-03-02' })
  })

  it('comes from the spot market, for spot', async () => {
    const ec2 = { SpotPriceHistory: [{ SpotPrice: '0.4100', Timestamp: new Date('2026-03-02T08:00:00Z') }] }
    const quote = await quotePlacement(clients({ ec2 }), { ...g5, market: 'spot' }, now)
    expect(quote).toEqual({ pricePerHourUsd: 0.41, source: 'spot price, 2026-03-02T08:00:00.000Z' })
  })

  it.each([
    ['g4dn.xlarge', 0.526],
    ['g4dn.2xlarge', 0.752],
    ['g5.xlarge', 1.006],
    ['g5.2xlarge', 1.212],
    ['g5.4xlarge', 1.624],
  ])('of %s comes from the dated table of the release when AWS does not answer', async (instanceType, price) => {
    const quote = await quotePlacement(clients({}), { ...g5, instanceType }, now)
    expect(quote).toMatchObject({ pricePerHourUsd: price, source: expect.stringContaining('2024') })
  })

  it('is absent if it is unknown', async () => {
    expect(
      await quotePlacement(
        clients({ pricing: { PriceList: ['{}', PRODUCT.replace('1.2500', '0')] } }),
        { ...g5, instanceType: 'p9.huge' },
        now,
      ),
    ).toBeNull()
    expect(await quotePlacement(clients({}), { ...g5, instanceType: null }, now)).toBeNull()
  })
})
